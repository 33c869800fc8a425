public import VaultCore

/// The policy language as a JSON Schema, for editors.
///
/// Made from the tables that the parser reads; `Policies/policy.schema.json` is this text, and a test
/// compares them.
public enum PolicySchema {
    /// The schema of one policy file, JSON Schema 2020-12.
    public static var json: JSONValue {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "PatientVault policy file",
            "type": "object",
            "required": ["topic"],
            "anyOf": [["required": ["rules"]], ["required": ["obligations"]]],
            "additionalProperties": false,
            "properties": [
                "topic": ["type": "string", "minLength": 1],
                "rules": ["type": "array", "items": object(PolicyGrammar.rule)],
                "obligations": ["type": "array", "items": object(PolicyGrammar.obligation)],
            ],
            "$defs": ["condition": object(PolicyGrammar.condition)],
        ]
    }

    private static func object(_ keys: [PolicyGrammar.Key]) -> JSONValue {
        let properties = keys.map { key in
            JSONValue.Member(key.name, described(shape(key.shape), key.about))
        }
        return [
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "required": .strings(keys.filter(\.isRequired).map(\.name)),
            "properties": .object(properties),
        ]
    }

    private static func described(_ value: JSONValue, _ about: String) -> JSONValue {
        .object([JSONValue.Member("description", .string(about))] + (value.object ?? []))
    }

    private static func shape(_ shape: PolicyGrammar.Shape) -> JSONValue {
        switch shape {
        case .text: ["type": "string", "minLength": 1]
        case .texts: oneOrMore(["type": "string", "minLength": 1])
        case .word(let words): ["enum": .strings(words)]
        case .words(let words): oneOrMore(["enum": .strings(words)])
        case .number(let most): ["type": "integer", "minimum": 0, "maximum": .int(Int64(most))]
        case .day: ["type": "string", "format": "date"]
        case .flag: ["type": "boolean"]
        case .keys(let keys): object(keys)
        case .condition: condition
        case .conditions: oneOrMore(condition)
        }
    }

    private static let condition: JSONValue = ["$ref": "#/$defs/condition"]

    private static func oneOrMore(_ item: JSONValue) -> JSONValue {
        ["anyOf": [item, ["type": "array", "minItems": 1, "uniqueItems": true, "items": item]]]
    }
}
