//! Scans the members of a JSON object without decoding anything. It accepts only the common part of the
//! language; anything unusual (escapes in keys, lone surrogates, control characters, deep nesting) and every
//! error is left to serde_json.

use memchr::memchr2;

/// A member of an object, as parts of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'t> {
    /// The key; it has no escapes.
    pub key: &'t str,
    /// The value as it is written.
    pub value: &'t str,
    /// Offset of the value's first byte in the line.
    pub at: usize,
    /// Whether the value is a string with escapes.
    pub escaped: bool,
    /// Key and value as they are written, if there is no space around the colon.
    pub whole: Option<&'t str>,
}

/// Maximum nesting depth; deeper values are left to serde_json.
const DEPTH: u32 = 120;

/// Passes the members of an object to `take`, in order. `None` if the line is not an object or an unusual
/// one, or if `take` returns `None`.
pub fn object<'t>(line: &'t str, mut take: impl FnMut(Member<'t>) -> Option<()>) -> Option<()> {
    if line.as_bytes().chunks(64).any(|part| part.iter().fold(false, |any, byte| any | (*byte < 0x20))) {
        return None;
    }
    let mut scan = Scan { bytes: line.as_bytes(), at: 0 };
    scan.expect(b'{')?;
    scan.space();
    if !scan.eat(b'}') {
        loop {
            let start = scan.at;
            scan.expect(b'"')?;
            if scan.string()? {
                return None;
            }
            let key = line.get(start + 1..scan.at - 1)?;
            let colon = scan.at;
            scan.space();
            scan.expect(b':')?;
            scan.space();
            let at = scan.at;
            let escaped = scan.value()?;
            let whole = if at == colon + 1 { line.get(start..scan.at) } else { None };
            take(Member { key, value: line.get(at..scan.at)?, at, escaped, whole })?;
            scan.space();
            if scan.eat(b'}') {
                break;
            }
            scan.expect(b',')?;
            scan.space();
        }
    }
    (scan.at == scan.bytes.len()).then_some(())
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Other white space is a control character, which is rejected before.
    fn space(&mut self) {
        while self.eat(b' ') {}
    }

    /// Skips a value. Returns whether it is a string with escapes.
    fn value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.string()
            }
            b'{' | b'[' => self.container().map(|()| false),
            _ => self.scalar().map(|()| false),
        }
    }

    /// Skips the rest of a string. Returns whether it has escapes.
    fn string(&mut self) -> Option<bool> {
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..)?;
            let run = memchr2(b'"', b'\\', rest)?;
            self.at += run + 1;
            if rest.get(run) == Some(&b'"') {
                return Some(escaped);
            }
            escaped = true;
            self.escape()?;
            // Escapes often come in runs.
            while self.eat(b'\\') {
                self.escape()?;
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let sign = self.peek()?;
        self.at += 1;
        match sign {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => match self.digits()? {
                0xd800..=0xdbff => {
                    self.expect(b'\\')?;
                    self.expect(b'u')?;
                    matches!(self.digits()?, 0xdc00..=0xdfff).then_some(())
                }
                0xdc00..=0xdfff => None,
                _ => Some(()),
            },
            _ => None,
        }
    }

    fn digits(&mut self) -> Option<u32> {
        let code = hex(self.bytes.get(self.at..self.at + 4)?)?;
        self.at += 4;
        Some(code)
    }

    /// Skips an object or an array, without recursion.
    fn container(&mut self) -> Option<()> {
        // One bit per level: whether it is an object.
        let (mut objects, mut depth) = (0u128, 0);
        loop {
            let sign = self.peek()?;
            let mut ended = true;
            if matches!(sign, b'{' | b'[') {
                self.at += 1;
                depth += 1;
                if depth > DEPTH {
                    return None;
                }
                objects = objects << 1 | u128::from(sign == b'{');
                self.space();
                ended = matches!((self.peek()?, sign), (b'}', b'{') | (b']', b'['));
                if !ended && sign == b'{' {
                    self.key()?;
                }
            } else {
                self.value()?;
            }
            if !ended {
                continue;
            }
            loop {
                self.space();
                let object = objects & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        self.space();
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if object => {}
                    b']' if !object => {}
                    _ => return None,
                }
                self.at += 1;
                objects >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Some(());
                }
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        self.expect(b'"')?;
        self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Some(())
    }

    fn scalar(&mut self) -> Option<()> {
        for word in ["true", "false", "null"] {
            if self.bytes.get(self.at..)?.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Some(());
            }
        }
        self.eat(b'-');
        if !self.eat(b'0') {
            self.number()?;
        }
        if self.eat(b'.') {
            self.number()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.number()?;
        }
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// The value of hexadecimal digits.
pub fn hex(digits: &[u8]) -> Option<u32> {
    let mut code = 0;
    for digit in digits {
        code = code << 4 | char::from(*digit).to_digit(16)?;
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::members;
    use proptest::prelude::*;

    fn fast(line: &str) -> Option<Vec<(String, String)>> {
        let mut out = Vec::new();
        object(line, |member| {
            assert!(member.whole.is_none_or(|w| w == format!("\"{}\":{}", member.key, member.value)));
            out.push((member.key.to_owned(), member.value.to_owned()));
            Some(())
        })?;
        Some(out)
    }

    fn slow(line: &str) -> Option<Vec<(String, String)>> {
        let all = members(line).ok()?.0;
        Some(all.into_iter().map(|(k, v)| (k.into_owned(), v.get().to_owned())).collect())
    }

    #[test]
    fn common_lines_take_the_short_way() {
        let line = r#"{"a": "x\n\u00e9\ud83d\ude00\\", "b" :[1, {"c":[ ]}, {}, -0.5e+3,true] , "":null}"#;
        assert!(fast(line).is_some());
        assert_eq!(fast(line), slow(line));
        assert_eq!(fast("{ }"), Some(Vec::new()));
        let deep = format!(r#"{{"n":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(fast(&deep), None);
    }

    #[test]
    fn what_is_wrong_or_unusual_is_left_alone() {
        for line in [
            "",
            "{",
            "[]",
            "{}x",
            "{\"a\":1}{",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":+1}",
            "{\"a\":-}",
            "{\"a\":1e}",
            "{\"a\":tru}",
            "{\"a\":nul l}",
            "{\"a\":[1,]}",
            "{\"a\":[1}}",
            "{\"a\":{\"b\"}}",
            "{,}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":\"\\ud800\\u0041\"}",
            "{\"a\":\"\u{1}\"}",
            "{\"a\":\t1}",
            "{\"\\u0061\":1}",
            "{\"a\":\"\\u+123\"}",
            "{\"a\":{,}}",
            "{\"a\":[[]}",
            "{\"a\":truefalse}",
            "{\"a\":}",
            "{a:1}",
        ] {
            assert_eq!(fast(line), None, "{line}");
        }
    }

    fn jsonish() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[0-9.eE+-]{1,6}",
            Just("true".to_owned()),
            Just("null".to_owned()),
            "\"([a-zé \t]|\\\\[\"\\\\/bfnrtux]|\\\\u[0-9a-fD]{4}|\\\\ud83d\\\\ude00){0,6}\"",
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
                prop::collection::vec(("[a-c\\\\]{0,2}", " ?", inner), 0..4).prop_map(|v| {
                    let all: Vec<String> = v.iter().map(|(k, s, v)| format!("\"{k}\"{s}:{s}{v}")).collect();
                    format!("{{{}}}", all.join(", "))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the fast path accepts, serde_json accepts and reads the same.
        #[test]
        fn both_ways_agree(line in jsonish(), cut in any::<prop::sample::Index>(), sign in "[\\PC]?", how in 0u8..3) {
            let mut line = format!("{{\"k\":{line}}}");
            if how > 0 {
                let at = line.floor_char_boundary(cut.index(line.len()));
                if how == 1 && at > 0 {
                    line.remove(at);
                }
                line.insert_str(line.floor_char_boundary(at), &sign);
            }
            if let Some(seen) = fast(&line) {
                prop_assert_eq!(Some(seen), slow(&line));
            }
        }
    }
}
