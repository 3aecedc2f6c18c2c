"""The commonest small words of languages that share a script, and letters that give one away.

Only function words: they are in every sentence and in no other subject than all of them.
"""

LATIN_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to in a is was for on that with as by at from his he it be are were has have had not this but they "
        "which an or its will would said who their been after more than over new about up out into no can could first two when "
        "what there all if also one we you she her him them our your says amid against during between before under how why "
        "some only other most may just now back year years week day days people made make against talks set off down still",
        "es": "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ha este sí porque esta "
        "entre cuando muy sin sobre también hasta hay donde han quien desde todo nos durante uno ni contra ese eso ante ellos "
        "fue era son tras según años está ser dos tiene mientras gobierno hoy así otros puede país",
        "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec son sa ses a été "
        "aux mais ou leur cette comme ont être fait après deux ans selon entre elle nous vous ils elles lui même sans contre "
        "avait était aussi encore très d l qu s n c j m leurs où alors depuis sous chez dont avoir lors face tout ces",
        "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass "
        "sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch "
        "man sein wurde sei prozent hatte kann gegen vom können schon wenn habe seine ihre dann unter wir soll ich eines jahr zwei",
        "it": "di e il la che in un a per è una con non del i si da le della al sono più dei nel come anche lo ha alla gli ma "
        "delle ed o su se dal alle tra questo stato nella quando ai dalla essere contro dopo due anni ci cui suo sua questa "
        "fra sulla degli era hanno prima sul tutto tutti agli così solo perché molto stata ancora secondo già fatto dopo",
        "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou "
        "ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas "
        "me esse eles estão você tinha foram essa num nem suas segundo anos são sobre após contra dois ainda governo diz",
        "nl": "de van het een en in is dat op te met voor niet zijn aan er die als ook maar om bij door dan naar uit nog worden "
        "over heeft hij was of tot ze wordt hebben meer al werd kan jaar geen deze volgens zich dit moet we zal onder na wel "
        "tegen zo had twee veel tussen ik wat zij haar hun waar kunnen moeten toch eerste omdat waren gaat staat tijdens",
        "sv": "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan man när år "
        "säger under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket än här då "
        "över bara in blir upp även vad två varit hon hans sina detta några första mellan enligt utan sedan",
        "da": "og i at det er en til på som for af med de den har ikke der et om var han men sig vi fra kan så jeg ved nu blev "
        "også skal efter eller være over siger år ud vil mod hvor sin når under op hun ham være havde da blevet bliver mange "
        "kun end to hvis mere dem mellem været hans her skulle alle andre noget ind kommer ifølge",
        "nb": "og i det er på som en til å av for at har med de ikke den et om var fra han men seg vi kan så jeg ved nå ble "
        "også skal etter eller være over sier år ut vil mot hvor sin når under opp hun ham hadde da blitt blir mange bare enn to "
        "hvis mer dem mellom vært hans her skulle alle andre noe inn kommer ifølge fikk få",
        "fi": "ja on ei että se hän oli joka ovat myös mutta kun kuin sen sekä ole jo vain tai niin mukaan vuoden jos mitä hänen "
        "joka nyt noin voi ovat olla siitä tämä sitä oli kanssa vuonna jonka ennen jälkeen kaksi tämän ollut eivät jotka siksi "
        "sanoo sanoi kuitenkin koska vielä pitää kertoo eli me he",
        "pl": "w i na z się nie do to że o jest jak a od po za co przez dla czy ale tak tym było ze był oraz już są tego może "
        "jego być przy które który która także tylko jednak roku które lat ma mówi przed jej ich pod będzie bardzo bo gdy "
        "nad między u podczas według wszystko jeszcze też został przeciwko miał jako ten tej",
        "cs": "a v se na je že to s z o do i ve jako za pro by k od ale po jsou byl si při jeho podle která který které bylo aby "
        "už roku tak až nebo když také být ke jen má co před jejich není ze mezi může však další proti mu této byla protože "
        "řekl u let jak kde ani kteří nad pod dva",
        "ro": "de și în a la cu care din nu pe o un mai că pentru este sau să au ce prin fost se ca sunt după era dar al ale "
        "lui ei îi îl le ne lor unei unui acest această ani între doar când foarte poate spus două cele cei către către fi va "
        "vor ar despre astfel asupra potrivit însă fără toate",
        "hu": "a az és hogy nem is egy ez de volt meg azt csak már mint el ki van még a be ezt vagy után lesz között aki amely "
        "ahol most szerint pedig ha sem minden mert több le fel nagy olyan két kell két évi lehet során ami volna ezek azonban "
        "majd ebben akik előtt által miatt",
        "tr": "ve bir bu için de da ile olarak çok daha en gibi sonra kadar ne var olan dedi her ise o ama değil yeni iki ya "
        "büyük içinde göre diye tarafından önce olduğunu ilk son mi yok şey oldu ki üzerine ancak yılında karşı nasıl eden "
        "başkanı türkiye arasında açıklamada ifade etti yaptığı",
        "id": "yang dan di untuk dengan dari pada dalam ini tidak itu akan adalah ke juga oleh telah sebagai ada karena atau "
        "mereka bisa sudah tersebut kata ia tahun saat kami dia lebih para hari menjadi dapat antara setelah hingga seperti "
        "secara bahwa hanya namun serta kepada terhadap orang kita saya masih lalu sementara agar",
        "ms": "yang dan di untuk dengan dari pada dalam ini tidak itu akan adalah ke juga oleh telah sebagai ada kerana atau "
        "mereka boleh sudah tersebut kata beliau tahun ketika kami dia lebih para hari menjadi dapat antara selepas hingga "
        "seperti bahawa hanya namun serta kepada terhadap orang kita saya masih sebelum turut iaitu bagi",
        "vi": "và của là có được trong cho một không các với đã những người này khi từ đến cũng về để ra ở vào theo sẽ nhiều như "
        "tại hơn năm trên nhưng ông sau còn phải lại do nên thì bị mà vì rằng đó đang việc nước ngày làm bà hai trước nói "
        "thế đầu chỉ nhất mới biết",
        "hr": "i u je se na da za su od s o a to kako iz koji što će ne bi kao koja nije bio ali do koje sve ili po već biti "
        "samo bila više nakon zbog oko godine još jer ima prije kada između protiv te sa njegov bilo rekao dok tako može",
        "tl": "ng sa ang na mga ay at ni si para kay hindi ito may nang mula ako siya kanyang isang din rin dahil kung pa "
        "noong naman lamang nila upang ayon pero wala bilang kanilang",
    }.items()
}

CYRILLIC_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "ru": "и в не на что с по он как это а из его к для о но у от за до был была были также или уже так все при после со "
        "лет только того чтобы которые который году об мы они её более если еще есть между когда где этого может под",
        "uk": "і в не на що з по він як це а із його до для про але у від за був була були також або вже так всі при після та "
        "років лише того щоб які який році ми вони її більше якщо ще є між коли де цього може під й зі",
        "bg": "и в не на че с по той като това а от го към за но у до беше са също или вече така всички при след със години "
        "само да които който през ние те я повече ако още е между когато къде може под си се ще бъде е",
        "sr": "и у не на да с по он као то а из га за о али од до је био била су такође или већ тако све при после са године "
        "само који која које ми они више ако још између када где може под се ће што због",
    }.items()
}

ARABIC_WORDS: dict[str, frozenset[str]] = {
    "ar": frozenset(
        "في من على إلى أن التي عن مع الذي هذا هذه كان بعد أو ما لا بين خلال قال ذلك قد كما لم هو هي كل حول".split()
    ),
    "fa": frozenset(
        "و در به از که این را با است آن برای یک تا بر خود شد شده کرد نیز اما های می ها کشور گفت وی شود".split()
    ),
    "ur": frozenset(
        "کے میں کی ہے اور سے کا کو نے پر کہ ہیں یہ اس بھی نہیں ایک تھا کہا لیے ہو گیا ان جو کر تھے وہ تو".split()
    ),
}

DEVANAGARI_WORDS: dict[str, frozenset[str]] = {
    "hi": frozenset("के में की है और से का को ने पर कि हैं यह इस भी नहीं एक था कहा लिए हो गया उन जो कर थे वह तो".split()),
    "mr": frozenset("आहे आणि या व तर की मध्ये असे ते होते आहेत नाही हे करण्यात होती केले त्यांनी यांनी एका".split()),
    "ne": frozenset("छ र को मा ले हो पनि छन् भएको गर्ने गरेको यो लागि उनले तथा भने गर्न थियो".split()),
}

LETTERS: dict[str, str] = {
    # only letters that one or two of the languages above use
    "de": "ßäöü", "es": "ñ¿¡", "fr": "çœêèûîàùâë", "pt": "ãõç", "it": "ìòèà", "sv": "åäö", "da": "æøå", "nb": "æøå", "fi": "äö",
    "pl": "łąęśżźćń", "cs": "řěůčšžý", "ro": "șțăâţş", "hu": "őű", "tr": "ğışİ", "vi": "đơưạảấầậắằặẹẻẽếềệịỉọỏốồộớờợụủứừựỳỵỷ",
    "hr": "đšžčć", "nl": "",
    "uk": "іїєґ", "ru": "ыэё", "bg": "щъ", "sr": "јљњћђџ",
    "fa": "پچژگک", "ur": "ٹڈڑںےھہ",
}  # fmt: skip

SEQUENCES: dict[str, str] = {
    # letter sequences that headlines show when they have no small word ("_" stands for the edge of a word)
    "en": "th ing_ sh wh ough ck oo ee ea igh ness_ ment_ ould _wr ly_ ies_ tes_ ders_",
    "es": "ción_ iento_ _ll ados_ idad_ uev rr ente_ _est _hac ñ", "fr": "eux_ eau aux_ oi ique_ _l’ _d’ eur_ é_ ée_ ais_ ouv ille",
    "de": "sch ung_ ei ck_ ich_ ige_ tz cht _ge ische isch_ äft ün nen_ keit_", "it": "zione_ gli zz cch ghi tt _della sci ità_ ioni_",
    "pt": "ção_ ões_ ão_ nh lh eir ou_ dade_ ç", "nl": "ij aa oo ee oe uit sch _ge eer _ver lijk isch_ heid_",
    "sv": "ck_ ör _för ska_ ning_ skt_ nde_ sj örs", "da": "rer_ øv ger_ hed_ ske_ ning_ ej æ", "nb": "ing_ skj øk hets_ ske_ øy æ",
    "fi": "aa ii uu ää ssa_ ssä_ sta_ tta_ kk nen_ yy oi_ taa_ si_", "pl": "cz sz rz ch_ _prz owi ego_ ski ów_ nie_",
    "cs": "ch_ ní_ ou_ _při ost_ ský_ ého_ ské", "ro": "lui_ ul_ ii_ ești ător eaz ă_", "hu": "sz gy cs ak_ ek_ ség ás_ nak_ nek_ ban_ ben_",
    "tr": "lar_ ler_ dı_ ın_ nın_ yor da_ ları aş", "id": "kan_ ng ber _me _di _pe an_ nya_ ya_", "ms": "kan_ ng ber _me _di _pe an_ nya_",
    "vi": "ng_ nh_ _th _ng _kh _ph _tr", "hr": "ije nje ski_ lj ima_ stv og_ ju_", "tl": "ng_ _nag _pag _ka an_",
    "ru": "ого_ ться_ ски ение_ тся_ ый_ ия_ ией_ лся_ ть_", "uk": "ського_ ння_ ться_ ті_ ів_ ськ", "bg": "ата_ ите_ ция_ ът_ ото_ ия_ ите_",
    "sr": "ије ски_ ња_ ог_ ују_ лац_", "ar": "_ال ات_ ين_", "fa": "های_ ها_ ان_ _می", "ur": "وں_ ئے_ یں_", "hi": "ों_ ें_ ना_", "mr": "ाचा_ ाची_ ण्य ांनी_", "ne": "को_ हरू_ एको_",
}  # fmt: skip
