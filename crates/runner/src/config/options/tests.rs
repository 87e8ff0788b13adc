//! Tests of the messages about options.

use super::*;
use crate::config::Draft;

#[test]
fn defaults_fill_what_was_not_given() {
    let schema = json!({
        "properties": {
            "rules": {"$ref": "#/$defs/Rules", "default": {"a": true, "b": true}},
            "least": {"type": "integer", "default": 3},
            "column": {"type": "string"},
        },
        "$defs": {"Rules": {"properties": {"a": {"default": true}, "b": {"default": true}}}},
    });
    let options = with_defaults(&schema, &json!({"rules": {"b": false}}));
    assert_eq!(options, json!({"rules": {"a": true, "b": false}, "least": 3}));
}

#[test]
fn a_schema_of_some_options_says_of_them_what_the_whole_does() {
    let schema = json!({
        "properties": {
            "least": {"$ref": "#/$defs/share", "default": 0.5, "description": "fewest"},
            "deep": {"$ref": "#/$defs/deep"},
            "other": {"type": "string"},
        },
        "$defs": {
            "share": {"type": "number", "minimum": 0},
            "deep": {"properties": {"most": {"type": "integer", "maximum": 3}}},
        },
    });
    let own = schema_of_options(&schema, ["least", "deep.most", "none"]);
    let least = json!({"type": "number", "minimum": 0, "description": "fewest"});
    let deep = json!({"properties": {"most": {"type": "integer", "maximum": 3}}});
    assert_eq!(own, json!({"type": "object", "properties": {"least": least, "deep": deep}}));
}

#[test]
fn an_example_of_the_schema_is_one_that_would_do() {
    let with = |own: Value| example(&json!({}), &own);
    let own = json!({"type": ["number", "null"], "default": null, "maximum": 1.0, "examples": [0.75]});
    assert_eq!(with(own).as_deref(), Some("0.75"));
    assert_eq!(with(json!({"type": "number"})).as_deref(), Some("1.0"));
}

#[test]
fn a_hint_works_as_it_is_written() {
    let own = json!({"type": "object", "properties": {"strict": {"type": "boolean", "default": false}}});
    assert_eq!(example(&json!({}), &own).as_deref(), Some("{ strict = true }"));
    let hint = |argument: &str| {
        let place = Place::Set(argument.to_owned());
        let value = argument.split_once('=').unwrap().1;
        let mut options = Node::new(Kind::Table(Vec::new()), place.clone());
        options.set(&["names"], Node::new(Kind::Text(value.to_owned()), place.clone()), &place).unwrap();
        let schema = json!({"properties": {"names": {"type": "array", "items": {"type": "string"}}}});
        check_options("p", &schema, &options, false).pop().unwrap().hint.unwrap()
    };
    assert_eq!(hint("a.names=[de, en]"), "write `--set 'a.names=[\"de\", \"en\"]'`");
    assert_eq!(hint("a.names=de"), "write `--set 'a.names=[\"de\"]'`");
}

#[test]
fn a_schema_that_refers_to_itself_is_told_of() {
    let choice = json!({"anyOf": [{"$ref": "#/$defs/own"}, {"$ref": "#/$defs/own"}]});
    let table = json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/table"}}});
    let schema = json!({"$defs": {"own": choice, "table": table}});
    for reference in ["#/$defs/own", "#/$defs/table"] {
        let own = json!({"$ref": reference});
        assert_eq!(words_of(&schema, &own), None);
        assert_eq!(example(&schema, &own), None);
        assert!(types(&schema, &own).len() < 2);
    }
}

#[test]
fn defaults_of_a_schema_that_refers_to_itself_end() {
    let own = json!({"$ref": "#", "default": {}});
    let schema = json!({"properties": {"a": own, "b": own, "c": own}});
    assert!(with_defaults(&schema, &json!({})).is_object());
}

fn said(schema: &Value, options: &str) -> Vec<String> {
    let tree = Node::parse(options).unwrap();
    let options = fitted(schema, &tree);
    check_options("p", schema, &options, false).into_iter().map(|problem| problem.message).collect()
}

#[test]
fn each_mistake_is_told_once_and_with_its_place() {
    let languages = json!({"type": "object", "additionalProperties": {"type": "number"}});
    let schema = json!({
        "type": "object",
        "properties": {
            "unit": {"type": "string", "enum": ["words", "characters"]},
            "most": {"type": "integer"},
            "by-language": languages,
            "sizes": {"type": "array", "items": {"type": "integer"}},
        },
    });
    assert_eq!(said(&schema, "unit = 3"), ["option `unit` of `p` cannot be `3`"]);
    assert_eq!(
        said(&schema, "by-language = { de = \"x\" }"),
        ["option `by-language.de` of `p` must be a number, but it is the string `\"x\"`"]
    );
    assert_eq!(
        said(&schema, "sizes = [1, \"x\"]"),
        ["item 2 of option `sizes` of `p` must be a whole number, but it is the string `\"x\"`"]
    );
    // A number that the schema accepts as whole reaches the plugin as an integer.
    assert_eq!(fitted(&schema, &Node::parse("most = 2.0").unwrap()).to_json(), json!({"most": 2}));
    assert_eq!(said(&schema, "most = 2.5").len(), 1);
}

#[test]
fn of_an_enum_with_data_the_later_choice_counts() {
    let choice = |name: &str, own: Value| json!({"type": "object", "properties": {name: own}, "required": [name], "additionalProperties": false});
    let range = json!({
        "type": "object",
        "properties": {"low": {"type": "integer"}, "high": {"type": "integer"}},
        "required": ["low", "high"],
        "additionalProperties": false,
    });
    let how = json!({"oneOf": [
        {"type": "string", "enum": ["any"]},
        choice("at-least", json!({"type": "integer"})),
        choice("between", json!({"$ref": "#/$defs/range"})),
    ]});
    let schema = json!({"type": "object", "properties": {"how": how}, "$defs": {"range": range}});
    let folder = tempfile::tempdir().unwrap();
    let base = "[[stage]]\nplugin = \"a\"\noptions = { how = { at-least = 3 } }\n";
    std::fs::write(folder.path().join("base.toml"), base).unwrap();
    let over = |options: &str, sets: &[&str]| {
        let text = format!("extends = \"base.toml\"\n[[stage]]\nname = \"a\"\noptions = {options}\n");
        let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
        let draft = Draft::parse(&folder.path().join("over.toml"), text, &sets);
        assert!(draft.problems.is_empty());
        fitted(&schema, &draft.pipeline.stages[0].options).to_json()
    };
    let between = json!({"how": {"between": {"low": 1, "high": 2}}});
    assert_eq!(over("{ how = { between = { low = 1, high = 2 } } }", &[]), between);
    assert_eq!(over("{}", &["a.how={ between = { low = 1, high = 2 } }"]), between);
    assert_eq!(over("{}", &["a.how.between={ low = 1, high = 2 }"]), between);
    assert_eq!(over("{}", &["a.how.at-least=4"]), json!({"how": {"at-least": 4}}));
    assert_eq!(over("{ how = \"any\" }", &[]), json!({"how": "any"}));
    // A `--set` argument takes precedence over files, and a later argument over an earlier one.
    let set = ["a.how.between.low=1", "a.how.at-least=4", "a.how.between.high=2"];
    assert_eq!(over("{}", &set), between);
    assert_eq!(over("{}", &set[..2]), json!({"how": {"at-least": 4}}));
    let own = "{ how = { between = { low = 1, high = 2 } } }";
    assert_eq!(over(own, &["a.how.at-least=4"]), json!({"how": {"at-least": 4}}));
    assert_eq!(
        said(&schema, "how = { between = { low = 1, hihg = 2 } }"),
        ["option `between`: plugin `p` requires the option `high`", "option `between` of `p` has no `hihg`"]
    );
    assert_eq!(
        said(&schema, "how = { at-least = \"x\" }"),
        ["option `at-least` of `p` must be a whole number, but it is the string `\"x\"`"]
    );
    assert_eq!(said(&schema, "how = { betwen = 1 }"), ["option `how` of `p` has no `betwen`"]);
    assert_eq!(
        said(&schema, "how = { at-least = 1, between = { low = 1, high = 2 } }"),
        ["option `how` of `p` takes exactly one key"]
    );
}

/// A whole number may also be written as a float within a choice, and in a table that may be left out.
#[test]
fn whole_numbers_in_choices_and_optional_tables_are_fitted() {
    let inner =
        json!({"type": "object", "properties": {"most": {"type": "integer"}}, "additionalProperties": false});
    let choice = |name: &str| json!({"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": false});
    let schema = json!({
        "type": "object",
        "properties": {
            "unit": {"anyOf": [{"$ref": "#/$defs/unit"}, {"type": "null"}]},
            "perhaps": {"anyOf": [inner, {"type": "null"}]},
        },
        "$defs": {"unit": {"oneOf": [choice("words"), choice("lines")]}},
    });
    for (text, value) in [
        ("unit = { words = { most = 2.0 } }", json!({"unit": {"words": {"most": 2}}})),
        ("perhaps = { most = 3.0 }", json!({"perhaps": {"most": 3}})),
    ] {
        assert_eq!(fitted(&schema, &Node::parse(text).unwrap()).to_json().to_string(), value.to_string());
    }
    assert_eq!(takes_numbers(&schema, "perhaps.most"), Some(true));
    assert_eq!(takes_numbers(&schema, "perhaps"), Some(false));
    assert_eq!(takes_numbers(&schema, "perhaps.least"), None);
    assert_eq!(takes_numbers(&schema, "most"), None);
}

/// Mistakes in an enum with data that may be left out are reported as in any other.
#[test]
fn choices_that_may_be_left_out_are_told() {
    let inner = json!({"type": "object", "properties": {"most": {"type": "integer"}}, "required": ["most"], "additionalProperties": false});
    let choice = |name: &str| json!({"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": false});
    let unit = json!({"oneOf": [choice("words"), choice("lines")]});
    let schema = json!({
        "type": "object",
        "properties": {"unit": {"anyOf": [{"$ref": "#/$defs/unit"}, {"type": "null"}]}},
        "$defs": {"unit": unit},
    });
    assert_eq!(
        said(&schema, "unit = { words = { most = 2.5 } }"),
        ["option `words.most` of `p` must be a whole number, but it is `2.5`"]
    );
    assert_eq!(said(&schema, "unit = { word = { most = 2 } }"), ["option `unit` of `p` has no `word`"]);
    assert_eq!(
        said(&schema, "unit = { words = { most = 2 }, lines = { most = 2 } }"),
        ["option `unit` of `p` takes exactly one key"]
    );
}

#[test]
fn lengths_are_told_with_what_there_is() {
    let marks = json!({"type": "array", "items": {"type": "string", "minLength": 2, "maxLength": 3}, "minItems": 2, "maxItems": 3});
    let schema = json!({"type": "object", "properties": {"marks": marks}});
    assert_eq!(said(&schema, "marks = [\"ab\", \"abc\"]"), [""; 0]);
    assert_eq!(
        said(&schema, "marks = [\"é\", \"abcd\"]"),
        [
            "item 1 of option `marks` of `p` must have at least 2 characters, but it has 1",
            "item 2 of option `marks` of `p` must have at most 3 characters, but it has 4",
        ]
    );
    assert_eq!(
        said(&schema, "marks = [\"ab\"]"),
        ["option `marks` of `p` must have at least 2 items, but it has 1"]
    );
    assert_eq!(
        said(&schema, "marks = [\"ab\", \"ab\", \"ab\", \"ab\"]"),
        ["option `marks` of `p` must have at most 3 items, but it has 4"]
    );
}
