//! Single-byte encodings that UTF-8 is misread in: which byte a character stands for. Does not judge text.

use std::sync::LazyLock;

use encoding_rs::{Encoding, ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254};

/// Families of single-byte encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Mac OS Roman.
    Mac,
    /// Code page 437.
    Dos,
    /// Windows-1250 and ISO 8859-2, which have the same letters from C0 on.
    Central,
    /// Windows-1253.
    Greek,
    /// Windows-1254.
    Turkish,
}

/// A single-byte encoding.
pub struct Codec {
    /// The family that it belongs to.
    pub kind: Kind,
    /// Its characters beyond ASCII, sorted, with their bytes.
    bytes: Vec<(char, u8)>,
}

/// The characters of code page 437 from 80 on. The encodings of the web do not include it.
const DOS: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// How many characters the table of roles covers. Those beyond it stand for bytes that begin no sequence of
/// interest.
const SPAN: usize = 0x2600;
/// The apple of Mac OS Roman, which misread emoji begin with.
const APPLE: char = '\u{f8ff}';

/// The roles of a character in the encodings, one bit each.
#[derive(Clone, Copy, Default)]
struct Role {
    /// Whether it begins a UTF-8 sequence.
    lead: u8,
    /// Whether it continues one.
    next: u8,
    /// Whether it stands for another byte than in windows-1252, or is missing there.
    other: u8,
}

/// All encodings, with the roles of characters in them.
pub struct Codecs {
    all: Vec<Codec>,
    roles: Vec<Role>,
    apple: Role,
    /// First bytes, in UTF-8, of the characters that begin sequences.
    firsts: [bool; 256],
}

impl Codecs {
    /// The table, built once.
    pub fn get() -> &'static Self {
        static CODECS: LazyLock<Codecs> = LazyLock::new(Codecs::new);
        &CODECS
    }

    fn new() -> Self {
        let tables = [
            (Kind::Mac, of(MACINTOSH)),
            (Kind::Dos, DOS.chars().collect()),
            (Kind::Central, of(WINDOWS_1250)),
            (Kind::Central, of(ISO_8859_2)),
            (Kind::Greek, of(WINDOWS_1253)),
            (Kind::Turkish, of(WINDOWS_1254)),
        ];
        let western = of(WINDOWS_1252);
        let mut roles = vec![Role::default(); SPAN];
        let mut apple = Role::default();
        let mut all = Vec::new();
        for (number, (kind, chars)) in tables.into_iter().enumerate() {
            let bit = 1u8 << number;
            for (&c, (at, &usual)) in chars.iter().zip(western.iter().enumerate()) {
                let role = match roles.get_mut(c as usize) {
                    Some(role) => role,
                    None if c == APPLE => &mut apple,
                    None => continue,
                };
                match at + 0x80 {
                    0x80..=0xbf => role.next |= bit,
                    0xc2..=0xf4 => role.lead |= bit,
                    _ => {}
                }
                // Neither the character of windows-1252 nor that of Latin-1 at this byte.
                if c != usual && c as usize != at + 0x80 {
                    role.other |= bit;
                }
            }
            let mut bytes: Vec<(char, u8)> = chars.into_iter().zip(0x80..=0xff).collect();
            bytes.sort_unstable();
            all.push(Codec { kind, bytes });
        }
        let mut firsts = [false; 256];
        for c in ('\u{80}'..).take_while(|c| (*c as usize) < SPAN).chain([APPLE]) {
            let role = if c == APPLE { apple } else { roles[c as usize] };
            firsts[usize::from(c.encode_utf8(&mut [0; 4]).as_bytes()[0])] |= role.lead != 0;
        }
        Self { all, roles, apple, firsts }
    }

    /// Whether the UTF-8 form of some character that begins a sequence starts with this byte.
    pub fn may_begin(&self, byte: u8) -> bool {
        self.firsts[usize::from(byte)]
    }

    /// The set of encodings in which these characters begin with a UTF-8 sequence and are not all read as in
    /// windows-1252.
    pub fn begun_by(&self, first: char, second: char, third: char) -> u8 {
        let (first, second, third) = (self.role(first), self.role(second), self.role(third));
        first.lead & second.next & (first.other | second.other | third.other)
    }

    /// The encodings in a set.
    pub fn of(&self, set: u8) -> impl Iterator<Item = &Codec> {
        self.all.iter().enumerate().filter(move |(number, _)| set >> number & 1 == 1).map(|(_, codec)| codec)
    }

    fn role(&self, c: char) -> Role {
        match self.roles.get(c as usize) {
            Some(role) => *role,
            None if c == APPLE => self.apple,
            None => Role::default(),
        }
    }
}

impl Codec {
    /// The byte that `c`, which is not ASCII, stands for.
    pub fn byte_of(&self, c: char) -> Option<u8> {
        self.bytes.binary_search_by_key(&c, |&(c, _)| c).ok().map(|at| self.bytes[at].1)
    }
}

/// The characters of an encoding from 80 on. Holes are filled from Latin-1.
fn of(encoding: &'static Encoding) -> Vec<char> {
    let read = |byte: u8| encoding.decode_without_bom_handling(&[byte]).0.chars().next();
    (0x80..=0xff).map(|byte| read(byte).filter(|c| *c != '\u{fffd}').unwrap_or(char::from(byte))).collect()
}

/// Misreads UTF-8 in the named encoding, as a careless program does. `437` is the code page.
#[cfg(test)]
pub fn misread(text: &str, name: &str) -> String {
    let chars = Encoding::for_label(name.as_bytes()).map_or_else(|| DOS.chars().collect(), of);
    let read = |byte: u8| if byte.is_ascii() { char::from(byte) } else { chars[usize::from(byte) - 0x80] };
    text.bytes().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_roles() {
        let codecs = Codecs::get();
        assert!(codecs.all.iter().all(|codec| codec.bytes.len() == 128));
        let dos = codecs.of(codecs.begun_by('├', '⌐', ' ')).next().unwrap();
        assert_eq!((dos.kind, dos.byte_of('├'), dos.byte_of('⌐')), (Kind::Dos, Some(0xc3), Some(0xa9)));
        assert_eq!(codecs.of(codecs.begun_by('√', '©', ' ')).next().unwrap().kind, Kind::Mac);
        assert_eq!(codecs.of(codecs.begun_by('Ä', 'Ť', ' ')).count(), 2);
        // The same as in windows-1252.
        assert_eq!(codecs.begun_by('Ä', '‡', ' '), 0);
    }
}
