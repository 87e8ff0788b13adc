//! Building blocks of generated documents: invented sentences in many scripts, lines as on web pages, and
//! characters that break careless code. How they are combined is defined in `documents`.

/// Sentences, one row per language.
pub const SENTENCES: [&[&str]; 14] = [
    &[
        "The ferry to Velmara left the quay at half past seven, a little late because of the fog.",
        "Nobody on the council could say who had ordered the second bell.",
        "\"We will not close the reading room,\" said Ada Lind, who has run the library since 2019.",
        "Prices rose by 3.5 percent in March, the U.S. office wrote, after falling for two years.",
        "Mr. Holm's boat doesn't leave on Sundays; on Mondays it leaves twice.",
        "The orchard census counted 1,204 trees, of which 87 bore no fruit at all.",
    ],
    &[
        "Die Fähre nach Velmara fährt jeden Morgen um halb acht, außer an Feiertagen.",
        "„Wir schließen den Lesesaal nicht“, sagte Ada Lind am 3. Mai 2031.",
        "Größere Schäden entstanden nicht, doch die Straße blieb bis zum Abend gesperrt.",
    ],
    &[
        "Le marché aux poissons rouvre lundi, deux ans après l’incendie qui l’avait détruit.",
        "« Nous n’attendons plus personne », a déclaré la maire, Tilde Arnesen.",
    ],
    &[
        "El puente viejo abrirá otra vez en otoño, según el ayuntamiento de Velmara.",
        "¿Por qué sonó la campana a las 4:15? Nadie lo sabe todavía.",
    ],
    &[
        "Паром до Вельмары отходит каждое утро в половине восьмого.",
        "«Мы не закроем читальный зал», — сказала Ада Линд.",
    ],
    &["تغادر العبّارة إلى فيلمارا كل صباح في السابعة والنصف.", "قالت آدا ليند: «لن نغلق قاعة القراءة»."],
    &["המעבורת לוולמרה יוצאת בכל בוקר בשבע וחצי.", "איש לא ידע מי צלצל בפעמון."],
    &["वेलमारा की नाव हर सुबह साढ़े सात बजे निकलती है।", "पुस्तकालय बंद नहीं होगा, अदा लिंद ने कहा।"],
    &["韦尔马拉的渡轮每天早上七点半出发。", "“我们不会关闭阅览室。”林艾达说。"],
    &["ヴェルマラ行きのフェリーは毎朝七時半に出ます。", "「閲覧室は閉めません」とアダ・リンドは話した。"],
    &["벨마라로 가는 배는 매일 아침 일곱 시 반에 떠난다.", "아무도 종을 울린 사람을 몰랐다."],
    &["เรือข้ามฟากไปเวลมาราออกทุกเช้าเวลาเจ็ดโมงครึ่ง", "ห้องสมุดจะไม่ปิด"],
    &[
        "Το πλοίο για τη Βελμάρα φεύγει κάθε πρωί στις επτάμισι.",
        "Κανείς δεν ξέρει ποιος χτύπησε την καμπάνα.",
    ],
    &["Lautta lähtee Velmaraan joka aamu puoli kahdeksalta.", "Kellon soittajaa ei tiedetä."],
];

/// Lines as they occur around an article.
pub const LINES: [&str; 24] = [
    "Home | News | Culture | Weather | Contact",
    "Home > Region > Velmara",
    "Share  Tweet  Print  Email",
    "We use cookies to improve your experience. Accept all  Manage preferences",
    "Subscribe to our newsletter and never miss a story",
    "READ MORE: Orchard census finds more pears than people",
    "Also Read",
    "Related articles",
    "By Ada Lind, Staff Writer",
    "Von Bo Ek und Tilde Arnesen",
    "Published: 3 May 2031, 14:05 CET",
    "Last updated on 2031-05-04T08:00:00Z",
    "05/06/2031",
    "vor 3 Stunden",
    "Photo: Bo Ek / Coast Wire",
    "Tags: harbour, ferry, fog",
    "Copyright © 2031 The Coast Courier. All rights reserved.",
    "VELMARA (Coast Wire) -",
    "Advertisement",
    "Comments (12)",
    "Log in  Register  Forgot your password?",
    "https://www.coast-courier.example/ferry?x=1&y=%20",
    "* * *",
    "Reporting by the Coast Wire desk.",
];

/// Paragraphs with something unusual in them.
pub const ODD: [&str; 12] = [
    "<p class=\"lead\">Velmara&rsquo;s <b>ferry</b> &amp; pier</p><script>alert(1)</script>",
    "CafÃ© and naÃ¯ve are what is left of words that were read in the wrong encoding.",
    "A line\r\nthat ends\ras other\u{85}systems\u{2028}end\u{2029}theirs.\u{c}",
    "Soft\u{ad}hyphens, zero\u{200b}width\u{200d}joiners, and a byte order mark\u{feff} in the middle.",
    "\u{202e}this runs backwards\u{202c} and this does not",
    "Nul \u{0} and bell \u{7} and escape \u{1b}[31m and delete \u{7f}.",
    "{\"json\": [1, 2, {\"deep\": null}], \"quote\": \"\\\"\"}",
    "| a | table | of | five | cells |\n|---|---|---|---|---|",
    "“An opened quotation that never ends, said nobody",
    "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467} \u{1F1E9}\u{1F1EA} e\u{301} \u{FB01} Ａ１ ½ ﷽ \u{10FFFF}",
    "word word word word word word word word word word word word word word word word word word",
    "\u{a0}\u{2003}\t indented \u{3000} by every white space",
];

/// Texts that break careless code, each with a name.
pub const HOSTILE: [(&str, &str); 30] = [
    ("empty", ""),
    ("one-space", " "),
    ("one-letter", "a"),
    ("line-feed", "\n"),
    ("carriage-return", "\r"),
    ("nul", "\u{0}"),
    ("byte-order-mark", "\u{feff}"),
    ("mark-alone", "\u{301}"),
    ("marks-before-letter", "\u{301}\u{300}\u{302}a"),
    ("two-byte-letter", "é"),
    ("three-byte-letter", "東"),
    ("four-byte-letter", "\u{1F600}"),
    ("last-character", "\u{10FFFF}"),
    ("no-character", "\u{FFFF}\u{FFFE}"),
    ("replacement", "\u{FFFD}\u{FFFD}"),
    ("private", "\u{E000}\u{F8FF}"),
    ("family", "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}"),
    ("flags", "\u{1F1E9}\u{1F1EA}\u{1F1E9}"),
    ("right-to-left", "\u{202e}\u{2066}abc\u{2069}\u{202c}אב"),
    ("zero-width", "\u{200b}\u{200c}\u{200d}\u{2060}"),
    ("separators", "\u{85}\u{2028}\u{2029}\u{b}\u{c}\r\n\n\r"),
    ("controls", "\u{1}\u{2}\u{3}\u{1b}[0m\u{7f}\u{80}\u{9f}"),
    ("folds-longer", "ŉ ǰ ΐ ﬃ İ ß ẞ ſ K Å"),
    ("mojibake", "Ã©Ã¨â€œâ€\u{9d}Ã¯Â»Â¿"),
    ("quotes", "\"\"\"''''““””«»„“‚‘\u{60}"),
    ("brackets", "((((([[[[[{{{{{<<<<<"),
    ("percent", "%s%n%d %% ${x} {{y}} {0} \\u0000 \\x00 \\"),
    ("numbers", "1e309 -0 0x7fffffffffffffff 18446744073709551616 NaN 99/99/9999 2031-02-30T25:61:61Z"),
    ("names-of-columns", "id source text row ordinal raw carried"),
    ("html", "<a href=\"javascript:1\"><!-- <p> --><![CDATA[x]]>&#0;&#x110000;&nosuch;</a"),
];
