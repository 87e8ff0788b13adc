//! Everyday words and adjectives of countries: a capital does not make them names.

use crate::gazetteer::List;

/// Words that name nothing, although they are capitalised at the beginning of a sentence or always.
const COMMON: &str = "the a an this that these those it its he she they we i you his her their our my your who what when where why how which \
    there here if in on at by for from to of with without and or but not no nor so as is are was were be been has have had do does did \
    will would can could should may might must one two three four five six seven eight nine ten first second third last next new more \
    most many much some any all both each every other another such only even also then than now today yesterday tomorrow yes \
    after before during since until while although though because despite about above according across against along among around \
    behind below between beyond into like near off onto out over past through throughout toward towards under up upon via within \
    however meanwhile instead still yet just well back earlier later once again perhaps maybe indeed thus therefore hence \
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november \
    december mr mrs ms dr read more photo image video let's i'm i've it's we're they're don't can't won't didn't isn't that's there's \
    der die das den dem des ein eine einer eines einem einen und oder aber nicht auch nur noch wie was wer wo wann warum ich du er sie es \
    wir ihr mit von zu bei nach aus auf für über unter vor hinter zwischen seit bis durch gegen ohne um am im ins zum zur vom beim als wenn \
    dass weil doch so da hier dort dann jetzt heute gestern morgen diese dieser dieses \
    le la les un une des du de et ou mais il elle ils elles nous vous je ce cette ces son sa ses leur dans sur pour par avec sans sous \
    el los las una unos unas y o pero no en con por para sin sobre entre su sus este esta estos estas ese esa lo se que como cuando \
    i gli il uno e ma che non di da per tra fra questo questa o os um uma mas não em na nos nas ao \
    в на и не с по из за от до для при о об к у но а как что это его ее их он она они мы вы я все так же по после";

/// Adjectives of countries and the like, which are not names on their own.
const DEMONYMS: &str = "russian ukrainian american british german french italian spanish polish chinese japanese korean indian european \
    african asian western eastern northern southern israeli palestinian turkish iranian iraqi syrian egyptian saudi canadian australian mexican \
    brazilian dutch swedish norwegian danish finnish greek english scottish welsh irish arab arabic muslim islamic christian jewish catholic \
    orthodox protestant soviet belarusian hungarian romanian bulgarian czech slovak serbian croatian bosnian albanian swiss austrian \
    belgian portuguese afghan pakistani vietnamese thai indonesian filipino republican democratic democrat democrats republicans russians \
    ukrainians americans germans europeans chinese latin hispanic nazi communist socialist conservative liberal internet update breaking live exclusive ill evening morning";

static COMMON_WORDS: List = List::new(|| COMMON.split_whitespace().map(str::as_bytes).collect());
static DEMONYM_WORDS: List = List::new(|| DEMONYMS.split_whitespace().map(str::as_bytes).collect());

/// Whether a capitalised word is an everyday word.
pub fn is_common(word: &str) -> bool {
    COMMON_WORDS.has(word)
}

/// Whether a word is the adjective of a country or a creed.
pub fn is_demonym(word: &str) -> bool {
    DEMONYM_WORDS.has(word)
}
