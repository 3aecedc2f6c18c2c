"""Article to story. Pure: values in, values out, no database, no clock."""
