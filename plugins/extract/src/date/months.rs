//! Names of months and weekdays in the languages of news sites. Lookup only.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

/// The forms of each month's name that occur in dates (nominative and genitive, common short forms), in lower
/// case.
const MONTHS: [&str; 12] = [
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari styczeń stycznia sty январь января янв \
     січень січня січ ocak oca januari leden ledna led يناير كانون جانفي ianuarie ian január janvāris gener siječanj siječnja \
     januara ιανουαρίου ιαν януари tammikuu tammikuuta január jan. जनवरी janar sausio jaanuar urtarrila студзеня ינואר ژانویه",
    "february feb febr februar feber février févr fév fevrier febrero febbraio fevereiro fev februari luty lutego lut февраль \
     февраля фев февр лютий лютого лют şubat şub únor února úno فبراير شباط فيفري februarie február febrer veljača veljače \
     februara φεβρουαρίου φεβ φεβρ февруари helmikuu helmikuuta फरवरी फ़रवरी pebruari vasario veebruar лютага פברואר فوریه",
    "march mar mars märz mrz maerz mär marzo março mar maart mrt marzec marca марта март мар березень березня бер mart březen \
     března bře مارس آذار martie március marec març ožujak ožujka marta μαρτίου μαρ марта maaliskuu maaliskuuta मार्च maret kovo \
     märts сакавіка מרץ",
    "april apr avril avr abril abr aprile kwiecień kwietnia kwi апрель апреля апр квітень квітня квіт nisan nis duben dubna dub \
     أبريل ابريل إبريل نيسان أفريل aprilie április apríl travanj travnja aprila απριλίου απρ април huhtikuu huhtikuuta अप्रैल \
     balandžio aprill красавіка אפריל آوریل prill",
    "may mai mayo maggio mag maio mei maj maja май мая травень травня трав mayıs may květen května kvě مايو أيار ماي mai május \
     máj mája maig svibanj svibnja μαΐου μαϊ μάι май toukokuu toukokuuta मई gegužės maius мая מאי maí",
    "june jun juni juin junio giugno giu junho czerwiec czerwca cze июнь июня июн червень червня черв haziran haz červen června \
     čvn يونيو حزيران جوان iunie iun június jún juny lipanj lipnja juna ιουνίου ιουν юни kesäkuu kesäkuuta जून birželio juuni \
     чэрвеня יוני qershor ژوئن",
    "july jul juli juillet juil julio luglio lug julho lipiec lipca lip июль июля июл липень липня лип temmuz tem červenec července \
     čvc يوليو تموز جويلية iulie iul július júl juliol srpanj srpnja jula ιουλίου ιουλ юли heinäkuu heinäkuuta जुलाई liepos juuli \
     ліпеня יולי korrik ژوئیه",
    "august aug août aout agosto ago agost augustus sierpień sierpnia sie август августа авг серпень серпня серп ağustos ağu srpen \
     srpna srp أغسطس اغسطس آب أوت augusztus augusta kolovoz kolovoza avgust avgusta αυγούστου αυγ elokuu elokuuta अगस्त agustus \
     agt rugpjūčio жніўня אוגוסט gusht اوت",
    "september sept sep september septembre septiembre set setiembre settembre setembro wrzesień września wrz сентябрь сентября сен \
     сент вересень вересня вер eylül eyl září zář سبتمبر أيلول سپتامبر septembrie szeptember szept setembre rujan rujna septembra \
     σεπτεμβρίου σεπ σεπτ септември syyskuu syyskuuta सितंबर सितम्बर rugsėjo верасня ספטמבר shtator",
    "october oct oktober okt octobre octubre ottobre ott outubro out październik października paź октябрь октября окт жовтень жовтня \
     жовт ekim eki říjen října říj أكتوبر اكتوبر تشرين octombrie október oct octubre listopad oktobra οκτωβρίου οκτ октомври \
     lokakuu lokakuuta अक्टूबर अक्तूबर spalio oktoober кастрычніка אוקטובר tetor اکتبر",
    "november nov novembre noviembre novembro listopad listopada lis ноябрь ноября ноя нояб листопад листопада лист kasım kas \
     listopadu lis نوفمبر noiembrie noi nov studeni studenoga studenog novembra νοεμβρίου νοε νοεμ ноември marraskuu marraskuuta \
     नवंबर नवम्बर lapkričio лістапада נובמבר nëntor نوامبر",
    "december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro desember des grudzień grudnia gru декабрь \
     декабря дек грудень грудня груд aralık ara prosinec prosince pro ديسمبر decembrie prosinac prosinca decembra δεκεμβρίου δεκ \
     декември joulukuu joulukuuta दिसंबर दिसम्बर desember gruodžio detsember снежня דצמבר dhjetor دسامبر",
];

const WEEKDAYS: &str = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun \
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so \
    lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim \
    lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica \
    segunda terça quarta quinta sexta sábado feira maandag dinsdag woensdag donderdag vrijdag zaterdag zondag \
    poniedziałek wtorek środa czwartek piątek sobota niedziela понедельник вторник среда четверг пятница суббота воскресенье \
    пн вт ср чт пт сб вс понеділок середа четвер субота неділя pazartesi salı çarşamba perşembe cuma cumartesi pazar \
    måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag pondělí úterý středa čtvrtek pátek neděle \
    luni marți miercuri joi vineri sâmbătă duminică hétfő kedd szerda csütörtök péntek szombat vasárnap \
    senin selasa rabu kamis jumat sabtu minggu الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد \
    δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή";

/// Longest word, in bytes, that is looked up; no name is as long.
const MAX_NAME_BYTES: usize = 32;

static MONTH_BY_NAME: LazyLock<FxHashMap<&'static str, u8>> = LazyLock::new(|| {
    let mut map = FxHashMap::default();
    for (names, number) in MONTHS.iter().zip(1u8..) {
        for name in names.split_whitespace() {
            // A name of several months keeps the first. `listopad`, October in Croatian and November in
            // Polish, is set below.
            map.entry(name).or_insert(number);
        }
    }
    map.insert("listopad", 11);
    map
});

static WEEKDAY_NAMES: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| WEEKDAYS.split_whitespace().collect());

/// The month that `word` names, in any of the languages.
pub fn month(word: &str) -> Option<u8> {
    with_lower(word, |lower| MONTH_BY_NAME.get(lower).copied())
}

/// Whether `word` is the name of a weekday.
pub fn is_weekday(word: &str) -> bool {
    with_lower(word, |lower| WEEKDAY_NAMES.contains(lower).then_some(())).is_some()
}

fn with_lower<T>(word: &str, look: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    if word.len() < 2 || word.len() > MAX_NAME_BYTES {
        return None;
    }
    if word.bytes().all(|b| b.is_ascii_alphabetic()) {
        let mut buffer = [0u8; MAX_NAME_BYTES];
        let slot = buffer.get_mut(..word.len())?;
        slot.copy_from_slice(word.as_bytes());
        slot.make_ascii_lowercase();
        return look(std::str::from_utf8(slot).ok()?);
    }
    // `İ` becomes two characters in lower case; Turkish month names do not begin with it.
    look(&word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_languages() {
        for (word, number) in [
            ("March", 3),
            ("MÄRZ", 3),
            ("août", 8),
            ("лютого", 2),
            ("Aralık", 12),
            ("kwietnia", 4),
            ("září", 9),
            ("maj", 5),
            ("ottobre", 10),
            ("outubro", 10),
            ("мая", 5),
            ("ديسمبر", 12),
            ("Sept", 9),
            ("listopada", 11),
            ("mei", 5),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        assert_eq!(month("Marching"), None);
        assert_eq!(month("m"), None);
        assert!(is_weekday("Wednesday") && is_weekday("среда") && !is_weekday("Reader"));
    }
}
