//! Time zone abbreviations as minutes east of UTC. An abbreviation with several current meanings has the one
//! that news sites use most (IST India, CST North America, BST Britain). No tz database.

/// Offset of an abbreviation in upper case, as written after a time of day.
pub fn offset(name: &str) -> Option<i16> {
    let hours_times_four: i16 = match name {
        "GMT" | "UTC" | "Z" | "WET" | "UT" => 0,
        "BST" | "CET" | "MEZ" | "WAT" | "WEST" | "IRISH" => 4,
        "CEST" | "MESZ" | "EET" | "SAST" | "CAT" | "HNEC" => 8,
        "MSK" | "МСК" | "EEST" | "EAT" | "TRT" | "TSI" | "TSİ" | "FET" => 12,
        "GST" | "SAMT" => 16,
        "PKT" | "UZT" => 20,
        "IST" => 22,
        "NPT" => 23,
        "BDT" => 24,
        "WIB" | "ICT" => 28,
        "SGT" | "HKT" | "PHT" | "MYT" | "WITA" | "AWST" | "BJT" => 32,
        "JST" | "KST" | "WIT" => 36,
        "ACST" => 38,
        "AEST" => 40,
        "ACDT" => 42,
        "AEDT" => 44,
        "NZST" => 48,
        "NZDT" => 52,
        "BRT" | "ART" | "CLST" | "ADT" => -12,
        "NST" => -14,
        "NDT" => -10,
        "EDT" | "CLT" => -16,
        "EST" | "CDT" | "COT" | "PET" => -20,
        "CST" | "MDT" => -24,
        "MST" | "PDT" => -28,
        "PST" | "AKDT" => -32,
        "AKST" => -36,
        "HST" => -40,
        _ => return None,
    };
    Some(hours_times_four * 15)
}

/// Offset of the North American zone names without season (`ET`, `CT`, `MT`, `PT`) on a date. Daylight saving
/// time lasts from the second Sunday of March to the first Sunday of November (the rule since 2007, which is
/// applied to earlier years, too).
pub fn north_american(name: &str, year: u16, month: u8, day: u8) -> Option<i16> {
    let standard = match name {
        "ET" => -300,
        "CT" => -360,
        "MT" => -420,
        "PT" => -480,
        _ => return None,
    };
    let first_weekday = super::weekday(year, month, 1);
    let first_sunday = 1 + (7 - first_weekday) % 7;
    let summer = match month {
        4..=10 => true,
        3 => day >= first_sunday + 7,
        11 => day < first_sunday,
        _ => false,
    };
    Some(if summer { standard + 60 } else { standard })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        assert_eq!(offset("EST"), Some(-300));
        assert_eq!(offset("IST"), Some(330));
        assert_eq!(offset("NPT"), Some(345));
        assert_eq!(offset("XYZ"), None);
    }

    #[test]
    fn eastern_time_follows_the_season() {
        assert_eq!(north_american("ET", 2024, 3, 9), Some(-300));
        assert_eq!(north_american("ET", 2024, 3, 10), Some(-240));
        assert_eq!(north_american("PT", 2024, 11, 2), Some(-420));
        assert_eq!(north_american("PT", 2024, 11, 3), Some(-480));
    }
}
