"""Page, feed content or seed text to article. Pure: values in, values out, no network, no clock."""
