//! Word lists: first names, titles and roles, cues of organisations and places, countries, news agencies.
//! Written from common knowledge; a word may be in several lists. Lookup only; all lists are in lower case.

use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// A word list with constant-time lookup.
pub struct List(LazyLock<FxHashSet<&'static [u8]>>);

impl List {
    /// A list that `make` fills on first use.
    pub const fn new(make: fn() -> FxHashSet<&'static [u8]>) -> Self {
        Self(LazyLock::new(make))
    }

    /// Whether `word` (in any case) is in the list. Words of more than 40 bytes never are.
    pub fn has(&self, word: &str) -> bool {
        if word.is_empty() || word.len() > 40 {
            return false;
        }
        if word.bytes().all(|b| b.is_ascii_lowercase()) {
            return self.0.contains(word.as_bytes());
        }
        if word.is_ascii() {
            let mut buffer = [0u8; 40];
            let Some(slot) = buffer.get_mut(..word.len()) else { return false };
            slot.copy_from_slice(word.as_bytes());
            slot.make_ascii_lowercase();
            return self.0.contains(&*slot);
        }
        self.0.contains(word.to_lowercase().as_bytes())
    }
}

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $words:literal) => {
        $(#[$doc])*
        pub static $name: List = List::new(|| $words.split_whitespace().map(str::as_bytes).collect());
    };
}

list!(
    /// First names of women and men in the languages of the big news sites.
    FIRST_NAMES,
    "aaron abdul abdullah abigail abraham adam adele adrian adriana agata agnes agnieszka ahmad ahmed aidan aisha akira alain alan \
     albert alberto alejandro aleksandr aleksandra alena alex alexa alexander alexandra alexandre alexei alexey alexis alfonso \
     alfred ali alice alicia alina alison alistair allan allen allison alma alvaro amanda amber amelia amina amir amit amos amy ana \
     anastasia anatoly anders andrea andreas andrei andrés andre andrew andrey andrzej andy angel angela angelica angelina angus \
     anil anita anja ann anna annabel anne annette annie anthony antoine anton antonia antonio antony anuj april ariel armin arnold \
     arthur arturo arun asha ashley astrid audrey august aurora ava axel ayesha aziz barbara barry bart beatrice beatriz ben benjamin \
     benoit bernard bernhard bernie bert beth bettina betty beverly bill billy birgit björn blair blake bob boris brad bradley brandon \
     brenda brendan brent brett brian bridget britta brittany brooke bruce bruno bryan burak byron caitlin callum calvin cameron camila \
     camille carina carl carla carlo carlos carmen carol carolina caroline carolyn carrie carsten casey catherine cathy cecilia cedric \
     celia celine chad chandra charles charlie charlotte chen cheryl chloe chris christian christiane christie christina christine \
     christoph christophe christopher chuck cindy claire clara clarence clark claude claudia claus clément clive colin colleen connie \
     connor constance cora corinna cory courtney craig crystal curtis cynthia cyril daisuke daisy dale damian damien dan dana daniel \
     daniela daniele danielle danny daphne daria darius darren dave david dawn dean debbie deborah debra deepak denis denise dennis \
     derek desmond devin dexter diana diane diego dieter dietmar dillon dimitri dina dirk dmitri dmitry dolores dominic dominik \
     dominique don donald donna dora doris dorothy doug douglas duncan dustin dwight dylan ed eddie edgar edith eduardo edward edwin \
     eileen elaine elena eleanor eli elias elif elijah elina elisa elisabeth elise eliza elizabeth ella ellen ellie elliot elliott \
     elsa elvira emil emilia emilie emilio emily emine emma emmanuel enrico enrique eric erica erich erik erika erin ernest ernesto \
     erwin esteban esther ethan eugene eugen eva evan evelyn evgeny ezra fabian fabio faisal farah farhan fatima federica federico \
     felicia felipe felix ferdinand fernanda fernando fiona florence florian frances francesca francesco francine francis francisco \
     franco françois françoise frank frankie franz fred frederic frederick frederik freya frieda fritz gabriel gabriela gabriele \
     gabrielle gareth gary gavin gemma gene geoff geoffrey georg george georges georgia georgina gerald gerard gerhard gerry giacomo \
     gianluca gianni gilbert gilles gina giorgio giovanna giovanni giulia giuseppe gladys glen glenn gloria gordon grace graham grant \
     greg gregor gregory greta guido guillaume guillermo gunnar günter günther gustav gustavo guy gwen hamid hamish hanna hannah hans \
     harald hari harold harriet harris harrison harry harvey hasan hassan hassan heather hector heidi heike heiko heinrich heinz helen \
     helena helene helga helmut henri henrietta henrik henry herbert herman hermann hilary hiroshi holger holly hope horst howard \
     hubert hugh hugo hussein ian ibrahim ida ignacio igor ilya imran ina ines ingo ingrid inga ira irene irina iris irma isaac isabel \
     isabella isabelle ismail ivan ivana ivy iwan jack jackie jackson jacob jacqueline jacques jade jaime jake jakob jakub james jamie \
     jan jana jane janet janice janine janna jared jasmin jasmine jason jasper javier jay jean jeanne jeff jeffrey jelena jen jenna \
     jennie jennifer jenny jens jeremy jerome jerry jesse jessica jesús jill jim jimmy jo joachim joan joana joanna joanne jochen \
     jodie joe joel joan johan johann johanna johannes john johnny jon jonas jonathan jordan jordi jörg jorge jörn josé josef joseph \
     josephine josh joshua joy joyce juan juana judith judy julia julian juliana julie julien juliet juliette julio julius jun june \
     jürgen justin justine kai kamal kamala karen karim karin karina karl karla karolina karsten kasper katarina kate katharina \
     katherine kathleen kathrin kathryn kathy katie katja katrin kay kazuo keith kelly kelsey ken kenji kenneth kent kerry kerstin \
     kevin khaled kim kimberly kiran kirsten kirsty klara klaus konrad konstantin kris krishna kristen kristian kristin kristina \
     krzysztof kurt kyle lara larissa larry lars laura lauren laurence laurent laurie lawrence leah lee leila lena lennart leo leon \
     leonard leonardo leonid leonie leroy leslie lewis liam lidia lila lilian lillian lily lin lina linda lindsay lindsey lisa liz \
     logan lois lola lorena lorenzo loretta lori lorraine lothar lou louis louisa louise luc luca lucas lucia lucie lucy ludwig luis \
     luisa luise luiz lukas luke luna lydia lynn mackenzie maddie madeleine madison magdalena magnus mahmoud maia maja malcolm malik \
     manfred manish manuel manuela mara marc marcel marcela marcelo marcin marco marcos marcus margaret margarita margot maria marian \
     mariana marianne marie mariella marija marilyn marina mario marion marisa marius mark marko markus marlene marta martha martin \
     martina martine marvin mary masha mason massimo mathias mathieu mathilde matilda matt matteo matthew matthias matthieu maureen \
     maurice mauricio max maxim maximilian maxine maya megan mehdi mehmet mei mel melanie melinda melissa mercedes meredith mia michael \
     michaela michal michał micheal michel michele michèle michelle miguel mika mike mikhail mila milan milena miles milo mina minh \
     miranda miriam mitch mitchell mohamed mohammad mohammed mohan moira molly mona monica monika monique morgan moritz moses muhammad \
     murat muriel mustafa myriam nadia nadine nancy naomi natalia natalie natasha nate nathalie nathan nathaniel neha neil nelson nia \
     nicholas nick nicki nico nicola nicolai nicolas nicole niels nigel nikita nikki niklas nikola nikolai nikolas nils nina noah noel \
     noelle nora norbert norma norman nuno oleg oliver olivia olivier olga omar orlando oscar oskar otto owen pablo paige pamela paola \
     paolo pascal pat patricia patrice patrick patrik patty paul paula paulina pauline paulo pavel pedro peggy penelope penny pete \
     peter petr petra phil philip philipp philippe phillip phoebe phyllis pierre pietro piotr priya quentin rachel rafael rahul rainer \
     raj rajesh ralf ralph ramon rana randall randy raphael raquel raul ravi ray raymond rebecca regina reinhard renata rené renee \
     reza rhonda ricardo riccardo richard rick rita rob robbie robert roberta roberto robin rodney rodrigo roger rohan roland rolf \
     roman ronald ronan ronnie rory rosa rosalind rose rosemary ross roxanne roy ruby rudolf rudolph rupert russell ruth ryan sabine \
     sabrina sadie saeed sally salvador salvatore sam samantha samir samuel sandra sandrine sandy sanjay santiago sara sarah sasha \
     saskia satoshi scott sean sebastian sebastien serena serge sergei sergey sergio seth shah shane shannon sharon shaun shawn sheila \
     shelby shelley sherry shirley shreya sidney siegfried sigrid silvia simon simona simone sofia sofie sonia sonja sophia sophie \
     spencer stacey stacy stan stanislav stanley stefan stefania stefanie stefano steffen stella stephan stephane stephanie stephen \
     steve steven stewart stuart sue sunil surya susan susana susanna susanne suzanne suzy sven svenja svetlana sybille sylvia sylvie \
     tamara tania tanja tanya tara taro tatiana tatyana taylor ted teresa terence terry thea theo theodore theresa thierry thilo \
     thomas thorsten tiago tiffany tim timo timothy tina tobias toby todd tom tomas tomasz tommy toni tony torsten tracey tracy travis \
     trevor tristan troy tyler udo ulrich ulrike umar ursula uwe valentin valentina valeria valerie vanessa vera vernon veronica \
     veronika vicente vicki victor victoria vijay viktor viktoria vince vincent vincenzo viola violet virginia vitaly vivian vivek \
     vladimir volker volodymyr wade walter wanda warren wayne wendy werner wesley wilhelm will willem william willie winston wolfgang \
     xavier yael yana yannick yasmin yolanda yuki yulia yuri yusuf yves yvonne zach zachary zainab zara zoe zoltan \
     александр алексей анатолий андрей анна антон борис виктор виталий владимир вячеслав геннадий георгий григорий денис дмитрий \
     евгений екатерина елена иван игорь илья ирина кирилл константин лариса леонид людмила максим марина мария михаил наталья никита \
     николай олег ольга павел петр пётр роман светлана сергей станислав степан татьяна юлия юрий олександр володимир андрій дмитро \
     сергій тетяна оксана наталія ірина микола михайло юрій петро"
);

list!(
    /// Words before the name of a person: forms of address, offices, ranks.
    PERSON_TITLES,
    "mr mrs ms miss dr prof professor sir dame lord lady president vice-president premier chancellor minister secretary senator sen rep \
     representative congressman congresswoman governor gov mayor councillor councilman councilwoman commissioner ambassador general gen \
     colonel col major maj captain capt lieutenant lt sergeant sgt officer admiral judge justice attorney chief director chairman \
     chairwoman chair ceo cfo coo cto spokesman spokeswoman spokesperson king queen prince princess duke duchess sultan emir pope \
     bishop archbishop cardinal father rev reverend pastor rabbi imam sheikh coach manager analyst economist author writer actor \
     actress singer director-general deputy leader candidate nominee lawyer founder co-founder co-chair strategist adviser advisor \
     reporter correspondent editor detective inspector superintendent sheriff constable principal dean rector researcher scientist \
     engineer historian journalist activist host moderator trader dealer broker comedian lawmaker legislator treasurer speaker \
     herr frau präsident präsidentin kanzler kanzlerin bundeskanzler bundeskanzlerin ministerin außenminister außenministerin \
     innenminister innenministerin finanzminister sprecher sprecherin bürgermeister bürgermeisterin oberbürgermeister chef chefin \
     vorsitzender vorsitzende monsieur madame président présidente ministre député députée maire porte-parole señor señora presidente \
     presidenta ministro ministra alcalde alcaldesa portavoz президент министр премьер-министр глава депутат губернатор мэр директор \
     господин госпожа"
);

list!(
    /// Last words of names of organisations, and other words that mark such a name.
    ORGANISATION_CUES,
    "inc corp corporation co company companies ltd limited llc llp plc gmbh ag se sa spa nv bv oy ab asa group holdings holding \
     partners university college institute school academy ministry department agency authority bureau commission committee council \
     court parliament senate congress assembly board bank association federation union party foundation fund trust club team \
     league society church hospital center centre museum theatre library office service services press times post journal news tribune \
     herald telegraph guardian gazette network television radio airlines airways motors industries systems technologies laboratories \
     securities exchange police army navy force forces guard organisation organization alliance coalition initiative campaign \
     government administration house chamber cabinet tribunal orchestra brothers enterprises international capital management \
     consortium cooperative observatory courier wire review parish ministerium universität bundesamt verband verein partei gericht stiftung gewerkschaft ministère université \
     parti syndicat ministerio universidad partido sindicato banco министерство университет партия совет комитет агентство банк"
);

list!(
    /// Words in or at the end of place names.
    PLACE_CUES,
    "river lake mount mountain mountains valley island islands bay gulf sea ocean strait channel canal desert forest park square street \
     avenue road bridge airport port harbour harbor beach coast peninsula county district province region state city town village \
     borough creek falls hill hills heights canyon springs station"
);

list!(
    /// First words of two-word place names.
    PLACE_HEADS,
    "north south east west northern southern eastern western central new san santa saint st los las el la fort port mount lake upper \
     lower greater cape"
);

list!(
    /// Countries, US states, continents and large cities that are one word.
    PLACES,
    "afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain bangladesh barbados \
     belarus belgium belize benin bhutan bolivia bosnia botswana brazil britain brunei bulgaria burundi cambodia cameroon canada chad \
     chile china colombia comoros congo croatia cuba cyprus czechia denmark djibouti dominica ecuador egypt england eritrea estonia \
     ethiopia fiji finland france gabon gambia georgia germany ghana greece greenland grenada guatemala guinea guyana haiti honduras \
     hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya kiribati kosovo kuwait \
     kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein lithuania luxembourg macedonia madagascar malawi malaysia \
     maldives mali malta mauritania mauritius mexico moldova monaco mongolia montenegro morocco mozambique myanmar namibia nauru nepal \
     netherlands nicaragua niger nigeria norway oman pakistan palau palestine panama paraguay peru philippines poland portugal qatar \
     romania russia rwanda samoa scotland senegal serbia seychelles singapore slovakia slovenia somalia spain sudan suriname sweden \
     switzerland syria taiwan tajikistan tanzania thailand togo tonga tunisia turkey türkiye turkmenistan tuvalu uganda ukraine uruguay \
     uzbekistan vanuatu vatican venezuela vietnam wales yemen zambia zimbabwe crimea donbas donbass gaza kashmir tibet siberia \
     africa america americas asia europe antarctica oceania alabama alaska arizona arkansas california colorado connecticut delaware \
     florida hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi \
     missouri montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia wisconsin wyoming \
     ontario quebec alberta manitoba saskatchewan bavaria saxony catalonia andalusia lombardy tuscany brittany normandy \
     london paris berlin madrid rome vienna brussels amsterdam lisbon dublin athens warsaw prague budapest bucharest sofia belgrade \
     zagreb kiev kyiv moscow minsk petersburg riga vilnius tallinn helsinki stockholm oslo copenhagen geneva zurich bern munich hamburg \
     frankfurt cologne milan turin naples venice barcelona seville istanbul ankara cairo tehran baghdad damascus beirut jerusalem \
     amman riyadh dubai doha kabul islamabad karachi lahore delhi mumbai kolkata chennai bangalore dhaka colombo kathmandu bangkok \
     hanoi jakarta manila seoul pyongyang tokyo osaka beijing shanghai taipei sydney melbourne brisbane perth auckland wellington \
     washington chicago boston houston dallas miami atlanta seattle denver detroit philadelphia phoenix baltimore cleveland \
     toronto montreal vancouver ottawa havana caracas bogota lima quito santiago brasilia lagos nairobi johannesburg pretoria khartoum \
     tripoli tunis algiers rabat dakar accra kinshasa harare lusaka luanda maputo hollywood manhattan brooklyn \
     deutschland österreich schweiz frankreich spanien italien russland polen türkei münchen köln wien zürich großbritannien \
     россия украина беларусь белоруссия казахстан германия франция китай москва киев минск лондон париж вашингтон сша"
);

list!(
    /// News agencies, by the names used in datelines.
    AGENCIES,
    "ap afp reuters upi dpa tass itar-tass sputnik belta ria xinhua kyodo jiji ansa efe apa bloomberg interfax pti ani ians yonhap cna \
     anadolu aa dpa-afx afx sda ats keystone-sda ntb tt ritzau belga anp pap ctk čtk mti agerpres tanjug hina bta ukrinform unian \
     kazinform trend azertac irna mena wam spa qna kuna petra bernama antara vna tna pna cp apn lusa aap thomson zenger cnn bbc npr \
     rferl armenpress interpress interpressnews starmedia newsfile businesswire prnewswire globenewswire pr wire тасс риа интерфакс белта укринформ униан \
     рбк ukrinform-укр рія afp-services"
);

list!(
    /// Words that show that a part of a byline is a role, an outlet or a menu entry rather than a name.
    NOT_IN_NAMES,
    "staff writer writers reporter reporters editor editors correspondent correspondents contributor contributors contributing news desk \
     team press media agency agencies service services daily times post journal magazine newspaper online digital bureau chief senior \
     junior managing associate assistant producer columnist photographer photography photo photos image images video videos special \
     business politics sport sports world national local culture health science technology tech finance opinion travel lifestyle \
     entertainment money style food home about contact us more read share follow subscribe newsletter login log sign menu search \
     latest trending popular related top stories story article articles blog page site website web category categories tags tag topic \
     topics comments comment privacy policy terms cookie cookies editorial redaktion redaktor redakcja redacción redazione rédaction \
     redação redactie journalist journalists published updated posted minutes minute min reading views view print email facebook twitter \
     whatsapp linkedin instagram youtube university institute college school department ministry group inc ltd llc corp company the a an this that \
     and or for with from your our my you we how what why when who all new best first last next previous back is are was in of on at to \
     januar january february march april may june july august september october november december monday tuesday wednesday thursday \
     friday saturday sunday live breaking analysis review reviews interview feature features report reports guide guides explained podcast \
     getty alamy shutterstock reuters afp dpa ap copyright rights reserved advertisement anzeige werbung publicidad sponsored premium plus \
     germany france europe russia china india american european united states kingdom international president minister director und der die das le les des du el los las \
     author authors admin advisor adviser guest community member members user profile bio expert experts nutritionist doctor md phd \
     political redakteur redakteurin reporterin royal crime environment education economics economy investigations transport consumer general \
     features diplomatic defence defense foreign legal medical religion music film books arts gaming games fashion beauty agencia ajansı agentur \
     hauptstadtkorrespondent korrespondent korrespondentin volontär volontärin chefredakteur chefredakteurin ressort ressortleiter autor autorin \
     part parts share save listen watch play go add see get jump skip table contents overview summary introduction conclusion"
);

list!(
    /// Small words inside names: `van der`, `de la`, `bin`.
    NAME_PARTICLES,
    "van von der den de del della di da do dos das du la le el al bin ibn ben ter ten zu zum zur af av y e und e. st st. o d' mac abu"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_ignores_case() {
        assert!(FIRST_NAMES.has("Peter") && FIRST_NAMES.has("СЕРГЕЙ") && !FIRST_NAMES.has("Bridge"));
        assert!(AGENCIES.has("Xinhua") && PLACES.has("OSLO") && !PLACES.has(""));
    }
}
