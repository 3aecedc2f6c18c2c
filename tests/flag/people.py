"""A small gazetteer: two offices and who held them."""

PEOPLE = """
[[entities]]
id = "president"
type = "office"
name = "President"
aliases = { en = ["South Korean president"] }
not = ["former South Korean president"]
styles = { en = ["President {family}"], ko = [" {family} 대통령"], ja = ["{family}大統領"] }

[[entities]]
id = "premier"
type = "office"
name = "Premier"
aliases = { en = ["Japanese premier"] }

[[entities]]
id = "lee"
type = "person"
name = "Lee Jae-myung"
names = { en = ["Lee|Jae-myung"], ko = ["이|재명"], ja = ["李|在明"] }
short = { en = ["Lee"] }
short_with = ["premier"]
not = ["Lee Kuan Yew", "John Lee"]
roles = [{ office = "president", from = 2025-06-04 }]

[[entities]]
id = "yoon"
type = "person"
name = "Yoon Suk Yeol"
names = { en = ["Yoon|Suk-yeol"], ko = ["윤|석열"] }
short = { en = ["Yoon"] }
roles = [{ office = "president", from = 2022-05-10, to = 2025-04-04 }]

[[entities]]
id = "takaichi"
type = "person"
name = "Takaichi Sanae"
names = { en = ["Takaichi|Sanae"], ko = ["다카이치|사나에"], ja = ["高市|早苗", "タカイチ|サナエ"] }
roles = [{ office = "premier", from = 2025-10-21 }]
"""
