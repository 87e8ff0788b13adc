//! Common nouns that can be a source: persons, groups, and texts that are quoted from. No names.

use crate::gazetteer::{List, ORGANISATION_CUES, PERSON_TITLES};
use crate::words::Word;

static ROLES: List = List::new(|| ROLE_WORDS.split_whitespace().map(str::as_bytes).collect());
static SOURCES: List = List::new(|| SOURCE_WORDS.split_whitespace().map(str::as_bytes).collect());
static DETERMINERS: List = List::new(|| DETERMINER_WORDS.split_whitespace().map(str::as_bytes).collect());
static ARTICLES: List = List::new(|| ARTICLE_WORDS.split_whitespace().map(str::as_bytes).collect());
static NO_AGENTS: List = List::new(|| NO_AGENT_WORDS.split_whitespace().map(str::as_bytes).collect());

/// Nouns after `the` that can refer to a person named before.
const ROLE_WORDS: &str = "diplomat official politician leader head boss executive star player veteran man woman mogul businessman \
    billionaire expert professor envoy nominee lawmaker democrat republican";

const SOURCE_WORDS: &str = "person people man men woman women boy girl child children kid kids friend colleague mother father dad mom mum wife \
    husband son daughter brother sister uncle aunt parent cousin neighbour neighbor guy lady gentleman couple family relative crowd audience \
    staff aide insider source ally critic victim witness resident local veteran expert analyst observer official executive boss chief head \
    patient student pupil fan guest member delegate representative student citizen migrant refugee tenant client customer guide pilot chef \
    farmer nurse cop clerk agent envoy diplomat chairman chair spokesperson colleague rival opponent activist volunteer participant employee \
    appointee nominee retiree attendee escapee trainee magnate mogul star hero ambassador professor guru pundit sage monk nun priest saint \
    survivor surgeon neurosurgeon doctor physician scholar academic lawyer attorney heavyweight democrat republican conservative liberal \
    progressive socialist communist libertarian billionaire millionaire official officials army mob panel jury court \
    statement report article editorial book memo letter email e-mail message note newspaper paper daily weekly magazine blog website site post \
    tweet ad advert advertisement commercial video poll survey study lawsuit suit complaint filing ruling document \
    transcript text sign banner poster headline caption label plaque inscription notice release brochure leaflet pamphlet script petition \
    resolution declaration manifesto charter treaty constitution law bill verse song lyrics poem proverb saying motto slogan definition dictionary \
    encyclopedia bible guideline guidelines column op-ed essay paragraph passage chapter account outlet broadcaster publication channel station \
    campaign company firm group union organization organisation board commission agency government administration ministry embassy \
    police team club party council committee church school university hospital bank airline museum office department authorities authority \
    regulator watchdog charity think-tank side camp regime kingdom country nation state city majority minority";

/// Words that end like nouns of agents, but are none.
const NO_AGENT_WORDS: &str = "never ever over under after other another rather whether either neither however moreover together number matter water winner \
    power order paper letter center centre chapter quarter offer answer summer winter weather daughter dinner border corner computer \
    disaster monster shoulder river tower flower shower remainder gender tender wonder danger anger hunger finger trigger per later earlier \
    better greater larger smaller bigger higher lower longer shorter former latter upper inner outer proper super further closer easier \
    harder stronger weaker older younger newer fewer for nor or floor door color colour flavor favor factor error terror horror mirror major \
    minor prior poor labor labour honor honour motor sector vector tenor humor rumor corridor exterior interior superior list exist twist \
    mist fist resist insist assist consist persist than can human german woman";

const DETERMINER_WORDS: &str = "the a an one another some many several both his her their its my our your this these those that two three four five six \
    seven eight nine ten each every no other most all few former current senior top local chief";

/// Articles of languages for which there are no lists of nouns.
const ARTICLE_WORDS: &str = "le la les l un une des el los las una unos unas o os as um uma il lo i gli uno der die das ein eine einer der den \
    ses son sa su sus seu sua";

/// Whether a noun says what a person is or does, so that `the …` with it can refer to someone named.
pub fn is_role(word: &str) -> bool {
    ROLES.has(word)
}

/// Whether a noun phrase without a name can be a source: its head is a person, a group or a text that is
/// quoted from, and no word in it shows that it is a clause.
pub fn is_source(phrase: &[Word<'_>]) -> bool {
    let Some((first, last)) = phrase.first().zip(phrase.last()) else { return false };
    if phrase.iter().any(|w| !w.capital && is_verbal(w.text)) {
        return false;
    }
    // `le porte-parole`, `der Minister`
    if phrase.len() > 1 && ARTICLES.has(first.text) && !DETERMINERS.has(first.text) {
        return phrase.len() <= 5;
    }
    if !last.text.is_ascii() {
        return phrase.len() <= 4;
    }
    // `one Republican involved`, `the base chief known`: what follows the head describes it.
    let head = match phrase {
        [.., before, last]
            if !last.capital && (last.text.ends_with("ed") || matches!(last.text, "known" | "familiar")) =>
        {
            before
        }
        _ => last,
    };
    // `analysts`, `Officials`; a singular needs a word before it: `a friend`, `former secretary`.
    let plural = head.text.ends_with('s') || matches!(head.text, "people" | "men" | "women" | "children");
    is_source_noun(head.text) && (plural || head.capital || phrase.len() > 1)
}

/// Whether a word cannot precede the head of a noun phrase.
fn is_verbal(word: &str) -> bool {
    matches!(
        word,
        "be" | "been"
            | "is"
            | "are"
            | "was"
            | "were"
            | "has"
            | "have"
            | "had"
            | "do"
            | "does"
            | "did"
            | "will"
            | "would"
            | "can"
            | "could"
            | "may"
            | "might"
            | "must"
            | "should"
            | "shall"
            | "not"
            | "what"
            | "how"
            | "why"
            | "where"
            | "when"
            | "if"
            | "he"
            | "she"
            | "they"
            | "it"
            | "we"
            | "you"
            | "allow"
            | "let"
            | "make"
            | "get"
            | "give"
            | "take"
    )
}

fn is_source_noun(word: &str) -> bool {
    let known = |w: &str| {
        SOURCES.has(w) || ROLES.has(w) || PERSON_TITLES.has(w) || ORGANISATION_CUES.has(w) || is_agent(w)
    };
    known(word) || word.strip_suffix('s').is_some_and(known)
}

/// Whether a word has the ending of an agent: `supporter`, `moderator`, `columnist`, `technician`,
/// `fisherman`.
fn is_agent(word: &str) -> bool {
    word.len() >= 5
        && ["er", "or", "ist", "ian", "man", "woman", "men", "women", "person"]
            .iter()
            .any(|end| word.ends_with(end))
        && !NO_AGENTS.has(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_sources() {
        let of = |text: &str| is_source(&crate::words::words(text, 0).collect::<Vec<_>>());
        for text in [
            "analysts",
            "a friend",
            "the statement",
            "one Republican involved",
            "another supporter",
            "le porte-parole",
        ] {
            assert!(of(text), "{text}");
        }
        for text in [
            "allow Norland access",
            "when it",
            "might be",
            "the dawn",
            "started driving",
            "friend",
            "a deterrence",
        ] {
            assert!(!of(text), "{text}");
        }
    }
}
