//! The built-in tables of phrases, one file per language. Does not parse them.

/// All tables.
pub const TABLES: &[&str] = &[
    include_str!("en.txt"),
    include_str!("de.txt"),
    include_str!("fr.txt"),
    include_str!("es.txt"),
    include_str!("it.txt"),
    include_str!("pt.txt"),
    include_str!("nl.txt"),
    include_str!("ru.txt"),
    include_str!("ar.txt"),
    include_str!("ja.txt"),
    include_str!("zh.txt"),
    include_str!("ko.txt"),
    include_str!("bg.txt"),
    include_str!("bn.txt"),
    include_str!("ca.txt"),
    include_str!("cs.txt"),
    include_str!("da.txt"),
    include_str!("el.txt"),
    include_str!("et.txt"),
    include_str!("fa.txt"),
    include_str!("fi.txt"),
    include_str!("he.txt"),
    include_str!("hi.txt"),
    include_str!("hr.txt"),
    include_str!("hu.txt"),
    include_str!("hy.txt"),
    include_str!("id.txt"),
    include_str!("is.txt"),
    include_str!("ka.txt"),
    include_str!("lt.txt"),
    include_str!("lv.txt"),
    include_str!("nb.txt"),
    include_str!("pl.txt"),
    include_str!("ro.txt"),
    include_str!("sk.txt"),
    include_str!("sl.txt"),
    include_str!("sv.txt"),
    include_str!("sw.txt"),
    include_str!("ta.txt"),
    include_str!("th.txt"),
    TURKISH,
    include_str!("uk.txt"),
    include_str!("ur.txt"),
    include_str!("vi.txt"),
    include_str!("af.txt"),
    include_str!("am.txt"),
    AZERBAIJANI,
    include_str!("be.txt"),
    include_str!("ckb.txt"),
    include_str!("cy.txt"),
    include_str!("eu.txt"),
    include_str!("ga.txt"),
    include_str!("gl.txt"),
    include_str!("gu.txt"),
    include_str!("ha.txt"),
    include_str!("kk.txt"),
    include_str!("km.txt"),
    include_str!("kn.txt"),
    include_str!("ku.txt"),
    include_str!("lb.txt"),
    include_str!("lo.txt"),
    include_str!("mk.txt"),
    include_str!("ml.txt"),
    include_str!("mn.txt"),
    include_str!("mr.txt"),
    include_str!("ms.txt"),
    include_str!("mt.txt"),
    include_str!("my.txt"),
    include_str!("ne.txt"),
    include_str!("pa.txt"),
    include_str!("ps.txt"),
    include_str!("si.txt"),
    include_str!("so.txt"),
    include_str!("sq.txt"),
    include_str!("sr.txt"),
    include_str!("te.txt"),
    include_str!("tl.txt"),
    include_str!("uz.txt"),
    include_str!("yo.txt"),
    include_str!("zu.txt"),
];

/// Turkish and Azerbaijani, where the capital of `i` and the small form of `I` are separate letters.
pub const DOTTED: [&str; 2] = [TURKISH, AZERBAIJANI];

const TURKISH: &str = include_str!("tr.txt");
const AZERBAIJANI: &str = include_str!("az.txt");

#[cfg(test)]
mod tests {
    use super::super::Cues;
    use super::super::class::*;
    use super::*;
    use icu_normalizer::ComposingNormalizerBorrowed;

    #[test]
    fn phrases_of_all_tables_are_in_the_form_that_texts_have() {
        let nfc = ComposingNormalizerBorrowed::new_nfc();
        for line in TABLES.iter().flat_map(|table| table.lines()) {
            assert!(nfc.is_normalized(line), "{line}");
            assert!(line.starts_with("# ") || line.starts_with('[') || line.to_lowercase() == line, "{line}");
        }
    }

    #[test]
    fn every_table_is_built_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules/cues");
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|ext| ext == "txt") && !file.ends_with("dates.txt") {
                let table = std::fs::read_to_string(&file).unwrap();
                assert!(TABLES.contains(&table.as_str()), "{}", file.display());
            }
        }
    }

    #[test]
    fn lines_of_many_languages_are_furniture() {
        let cues = Cues::builtin().unwrap();
        for (line, class) in [
            ("Verwante Artikels", RELATED),
            ("ማስታወቂያ", AD),
            ("መብቱ በህግ የተጠበቀ ነው።", COPYRIGHT),
            ("ፎቶ፦ አበበ", CREDIT),
            ("ƏN ÇOX OXUNANLAR", RELATED),
            ("Bildirişlər", SUBSCRIBE),
            ("BİLDİRİŞLƏR", SUBSCRIBE),
            ("ГАЛОЎНАЯ СТАРОНКА", NAV),
            ("Пакінуць каментар", COMMENTS),
            ("زۆرترین خوێندراو", RELATED),
            ("وشەی نهێنیت لەبیرکردووە؟", LOGIN),
            ("Cysylltwch â ni", NAV),
            ("Cedwir pob hawl", COPYRIGHT),
            ("Gehien irakurriak", RELATED),
            ("Utzi iruzkina", COMMENTS),
            ("Polasaí Príobháideachais", NAV),
            ("Léigh freisin: Droichead nua", INLINE),
            ("Subscríbete ao boletín", SUBSCRIBE),
            ("Etiquetas: barco, porto", TAGS),
            ("સંબંધિત સમાચાર", RELATED),
            ("આ પણ વાંચો: નવો પુલ", INLINE),
            ("Tuntuɓe mu", NAV),
            ("Көп оқылғандар", RELATED),
            ("СОНДАЙ-АҚ ОҚЫҢЫЗ: Жаңа көпір", INLINE),
            ("ព័ត៌មានទាក់ទង", RELATED),
            ("រក្សាសិទ្ធិគ្រប់យ៉ាង", COPYRIGHT),
            ("ដោយ៖ សុខ ដារា", BY),
            ("ಇದನ್ನೂ ಓದಿ: ಹೊಸ ಸೇತುವೆ", INLINE),
            ("ಪಾಸ್\u{200c}ವರ್ಡ್ ಮರೆತಿರಾ?", LOGIN),
            ("Nûçeyên têkildar", RELATED),
            ("Dateschutzerklärung", NAV),
            ("Am meeschte gelies", RELATED),
            ("ຂ່າວທີ່ກ່ຽວຂ້ອງ", RELATED),
            ("ໜ້າຫຼັກ", NAV),
            ("Најчитани вести", RELATED),
            ("Сите права се задржани", COPYRIGHT),
            ("ബന്ധപ്പെട്ട വാർത്തകൾ", RELATED),
            ("Сэтгэгдэл бичих", COMMENTS),
            ("Хамгийн их уншсан", RELATED),
            ("हेही वाचा: नवा पूल", INLINE),
            ("सर्व हक्क राखीव", COPYRIGHT),
            ("Kongsi di Facebook", SHARE),
            ("Aqra wkoll", RELATED),
            ("ဆက်စပ်သတင်းများ", RELATED),
            ("ပင်မစာမျက်နှာ", NAV),
            ("ဓာတ်ပုံ - အောင်အောင်", CREDIT),
            ("यो पनि पढ्नुहोस्", RELATED),
            ("प्रतिक्रिया दिनुहोस्", COMMENTS),
            ("ਸਾਰੇ ਹੱਕ ਰਾਖਵੇਂ", COPYRIGHT),
            ("ਸ਼ੇਅਰ ਕਰੋ", SHARE),
            ("اړوند خبرونه", RELATED),
            ("د محرمیت پالیسي", NAV),
            ("නවතම පුවත්", RELATED),
            ("සියලුම හිමිකම් ඇවිරිණි", COPYRIGHT),
            ("Wararka kale", RELATED),
            ("Më të lexuarat", RELATED),
            ("TË GJITHA TË DREJTAT E REZERVUARA", COPYRIGHT),
            ("Заборавили сте лозинку?", LOGIN),
            ("ఇవి కూడా చదవండి", RELATED),
            ("మమ్మల్ని సంప్రదించండి", NAV),
            ("Pinakabagong Balita", RELATED),
            ("KO‘P O‘QILGANLAR", RELATED),
            ("Koʻp oʻqilganlar", RELATED),
            ("Энг кўп ўқилган", RELATED),
            ("Àwọn ìròyìn mìíràn", RELATED),
            ("Xhumana nathi", NAV),
        ] {
            let hits = cues.look(line, 999);
            assert_eq!(hits.any() & class, class, "{line}");
        }
    }

    #[test]
    fn sentences_of_these_languages_are_none() {
        let cues = Cues::builtin().unwrap();
        for line in [
            "Die veerboot vaar weer, en almal lees ook die nuus daaroor.",
            "ጀልባው ማክሰኞ ዕለት እንደገና ሥራ ጀመረ፤ ሁሉም ተሳፋሪዎች ደስ አላቸው።",
            "Bərə çərşənbə axşamı yenidən işə başladı və hamı onu görmək istədi.",
            "Паром зноў пайшоў у аўторак, і ўсе чыталі пра гэта ў газеце.",
            "Mae'r fferi yn rhedeg eto ar ôl y gaeaf hir.",
            "Баржа сейсенбіде қайта жүре бастады, бәрі қуанып қалды.",
            "ကူးတို့သင်္ဘောသည် အင်္ဂါနေ့တွင် ပြန်လည်ပြေးဆွဲခဲ့သည်။",
            "సంబంధితుల సమావేశం మంగళవారం జరిగింది.",
            "Trageti filloi punën të martën dhe të gjitha vendet u mbushën.",
            "Паром сешанба куни яна қатнай бошлади.",
            "Ufficio stampa: Maria Rossi, telefono 06 1234",
            "Nomor surat: 045/Un.3/2023",
            "Deur Rood",
            "Ni: 12,3 %",
            "Fikr bildirish uchun har bir fuqaro teng huquqqa ega.",
            "Jadilah orang pertama yang menolong jiran itu.",
            "Për autorin e këngës nuk dihet asgjë.",
            "بەلەمەکە ڕۆژی سێشەممە دەستی بە کارکردن کردەوە.",
        ] {
            assert_eq!(cues.look(line, 999).any(), 0, "{line}");
        }
    }
}
