//! Verbs that introduce quotations, in the forms in which they do so.

use crate::gazetteer::List;

static SPEECH: List = List::new(|| SPEECH_WORDS.split_whitespace().map(str::as_bytes).collect());
static AUXILIARY: List = List::new(|| AUXILIARY_WORDS.split_whitespace().map(str::as_bytes).collect());

const SPEECH_WORDS: &str = "said says say saying told tells tell telling added adds adding wrote writes write writing stated states state stating \
    asked asks asking replied replies replying answered answers answering explained explains explaining noted notes noting \
    continued continues continuing claimed claims claiming argued argues arguing insisted insists insisting warned warns warning \
    announced announces announcing declared declares declaring stressed stresses stressing emphasized emphasizes emphasised emphasises emphasizing \
    highlighted remarked remarks observed observes commented comments commenting concluded concludes concluding admitted admits admitting \
    acknowledged acknowledges acknowledging confirmed confirms confirming denied denies denying predicted predicts predicting promised promises promising \
    pledged pledges vowed vows vowing urged urges urging suggested suggests suggesting recalled recalls recalling joked jokes joking \
    quipped quips shouted shouts shouting yelled yells cried exclaimed whispered muttered lamented laments complained complains complaining \
    boasted boasts bragged brags tweeted tweets tweeting posted posts responded responds responding countered counters retorted \
    interjected interrupted reiterated reiterates reiterating repeated repeats repeating testified testifies pointed points quoted reported reports reporting \
    revealed reveals called calls calling described describes describing dubbed labeled labelled labelling branded denounced denounces denouncing condemned \
    blasted slammed accused accuses accusing criticized criticised praised hailed referred refers referring mocked thundered fumed \
    reads read proclaimed proclaims conceded concedes contended contends maintained maintains asserted asserts asserting alleged alleges alleging \
    advised advises cautioned cautions challenged demanded demands demanding offered opined mused wondered sighed laughed chuckled smiled \
    thought thinks believes believed affirmed affirms affirming indicated indicates indicating sniped shot chanted chanting sang recounted summed began begins finished went texted emailed specified clarified elaborated \
    underlined underscored outlined assured recommends recommended reasoned speculated informed stipulates stipulated \
    confessed protested confided grumbled murmured growled snapped scoffed enthused agreed \
    sagt sagte sagten gesagt erklärt erklärte erklärten betont betonte meint meinte schreibt schrieb schreibt berichtet berichtete ergänzt ergänzte \
    kündigt kündigte warnt warnte fordert forderte fragt fragte antwortet antwortete kritisiert kritisierte bestätigt bestätigte teilte heißt hieß zitiert lobt \
    lobte erzählt erzählte findet fand sprach spricht nennt nannte gestand versichert versicherte verriet behauptet behauptete bezeichnet bezeichnete so \
    dit disait déclaré déclare déclarait affirme affirmé affirmait explique expliqué ajoute ajouté souligne souligné précise précisé assure assuré estime estimé \
    indique indiqué raconte raconté répond répondu lance lancé confie confié écrit rappelle avoue avoué admet confirme confirmé prévient plaisante rappelé insiste insisté \
    dijo dice decía afirmó afirma declaró declara explicó explica añadió añade agregó aseguró asegura señaló señala indicó indica sostuvo sostiene manifestó \
    destacó subrayó comentó recordó advirtió escribió respondió expresó admitió confesó relató insistió reconoció apuntó \
    disse diz afirmou afirma declarou explicou acrescentou acrescenta escreveu comentou contou ressaltou destacou \
    declarado dicho afirmado explicado añadido asegurado señalado subrayado comentado indicado \
    dichiarato detto dice spiegato aggiunto sottolineato affermato precisato commentato raccontato scritto ribadito concluso afferma spiega spiegò dichiarò \
    aggiunge sottolinea racconta \
    сказал сказала сказали заявил заявила заявили отметил отметила отметили добавил добавила добавили подчеркнул подчеркнула сообщил сообщила сообщили \
    написал написала рассказал рассказала считает говорит пояснил пояснила объяснил напомнил уточнил уточнила признался призналась вспоминает вспомнил вспомнила заметил заметила ответил ответила \
    сказав заявив заявила додав додала зазначив зазначила повідомив";

const AUXILIARY_WORDS: &str = "has have had also later then further recently previously earlier repeatedly once again is was were been simply \
    famously reportedly publicly now still even just himself herself will would could himself immediately quickly angrily bluntly plainly \
    clearly initially finally eventually specifically sarcastically jokingly subsequently often always never sometimes already both all \
    hat haben hatte auch weiter zuvor später a ont avait aussi également ha había también ha anche hanno aveva han";

/// Whether `word` introduces a quotation.
pub fn is_speech(word: &str) -> bool {
    SPEECH.has(word)
}

/// Whether `word` may be between a subject and its verb.
pub fn is_auxiliary(word: &str) -> bool {
    AUXILIARY.has(word)
}

/// Whether `word` is a form in -ing; its subject is that of the main clause.
pub fn is_participle(word: &str) -> bool {
    word.ends_with("ing")
}
