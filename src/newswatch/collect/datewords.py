"""Names of months, days and zones as feeds write them."""

_MONTH_NAMES = """
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
- - - - - - - - sept - - -
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
janv févr mars avr mai juin juil août sept oct nov déc
- fevrier - - - - - aout - - - decembre
- fév - - - - - aou - - - -
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
ene feb mar abr may jun jul ago set oct nov dic
- - - - - - - - setiembre - - -
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
jan fev mar abr mai jun jul ago set out nov dez
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
gen feb mar apr mag giu lug ago set ott nov dic
januar februar märz april mai juni juli august september oktober november dezember
jän feb mär apr mai jun jul aug sep okt nov dez
jänner feber mrz - - - - - - - - -
januari februari maart april mei juni juli augustus september oktober november december
jan feb mrt apr mei jun jul aug sep okt nov dec
januar februar marts april maj juni juli august september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar mars april mai juni juli august september oktober november desember
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
янв фев мар апр мая июн июл авг сен окт ноя дек
- февр - - май июня июля - сент - нояб -
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
sty lut mar kwi maj cze lip sie wrz paź lis gru
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
oca şub mar nis may haz tem ağu eyl eki kas ara
januari februari maret april mei juni juli agustus september oktober november desember
jan feb mar apr mei jun jul agu sep okt nov des
"""

_WEEKDAY_NAMES = """
monday tuesday wednesday thursday friday saturday sunday
mon tue wed thu fri sat sun tues weds thur thurs
lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim
lunes martes miércoles jueves viernes sábado domingo mié mie jue vie sáb sab dom
segunda terça quarta quinta sexta feira seg ter qua qui sex
lunedì martedì mercoledì giovedì venerdì sabato domenica gio
montag dienstag mittwoch donnerstag freitag samstag sonntag mo di mi do fr sa so
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo
понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс
понеділок вівторок середа четвер пʼятниця субота неділя нд
poniedziałek wtorek środa czwartek piątek sobota niedziela pon wto śro czw pią nie
pazartesi salı çarşamba perşembe cuma cumartesi pazar pzt sal çar per cum cmt paz
월 화 수 목 금 토 일 월요일 화요일 수요일 목요일 금요일 토요일 일요일
月 火 水 木 金 土 日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 月曜 火曜 水曜 木曜 金曜 土曜 日曜
星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天 周一 周二 周三 周四 周五 周六 周日
de del den der le at um à alle om
"""

MONTHS: dict[str, int] = {
    name: number
    for line in _MONTH_NAMES.strip().splitlines()
    for number, name in enumerate(line.split(), start=1)
    if name != "-"
}
"""Names and abbreviations of months, case folded, to 1 to 12. No name means two months in two languages."""

WEEKDAYS: frozenset[str] = frozenset(_WEEKDAY_NAMES.split()) - MONTHS.keys()
"""Words in a date that say nothing new: days of the week, and particles."""

# Minutes east of Greenwich. Names with several meanings have the one of RFC 2822 (North America), else the one that
# feeds use.
ZONES_MIN: dict[str, int] = {
    name: round(hours * 60)
    for hours, names in {
        0: "Z UT UTC GMT WET",
        1: "CET WEST BST MEZ",
        2: "CEST EET SAST MESZ CAT",
        3: "MSK EEST TRT EAT AST3",
        4: "GST",
        5: "PKT UZT",
        5.5: "IST",
        5.75: "NPT",
        6: "BDT",
        7: "WIB ICT",
        8: "SGT HKT PHT AWST MYT WITA",
        9: "KST JST WIT",
        9.5: "ACST",
        10: "AEST",
        10.5: "ACDT",
        11: "AEDT",
        12: "NZST",
        13: "NZDT",
        -3: "BRT ART ADT",
        -4: "EDT AST",
        -5: "EST CDT",
        -6: "CST MDT",
        -7: "MST PDT",
        -8: "PST AKDT",
        -9: "AKST",
        -10: "HST",
    }.items()
    for name in names.split()
}
