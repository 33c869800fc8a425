internal import Mustache
public import VaultCore

/// Sets a case document as an HTML page that prints.
public struct CasePage: Sendable {
    private let template: MustacheTemplate

    /// Reads the page.
    ///
    /// - Parameter page: A Mustache template, `Policies/letters/case.mustache`.
    /// - Throws: ``BreachResponseError/malformed(document:member:)`` where it is none.
    public init(_ page: String) throws(BreachResponseError) {
        do { template = try MustacheTemplate(string: page) } catch {
            throw .malformed(document: "case page", member: "template")
        }
    }

    /// Sets a document.
    ///
    /// - Parameters:
    ///   - document: As ``CaseDocument`` writes it.
    ///   - digest: Of the sealed file, printed on the page.
    /// - Returns: HTML, UTF-8.
    public func html(_ document: JSONValue, digest: String) -> String {
        func text(_ value: JSONValue?) -> String {
            switch value {
            case .string(let text): text
            case .int(let number): "\(number)"
            case .bool(let value): value ? "yes" : "no"
            case nil, .null: "–"
            case .array(let values): values.map { text($0) }.joined(separator: ", ")
            case .object: value?.text ?? ""
            }
        }
        func rows(_ name: String, _ columns: [String]) -> [[String: Any]] {
            (document[name]?.array ?? []).map { row in
                ["cells": columns.map { text(row[$0]) }]
            }
        }
        let timeline: [[String: Any]] = (document["timeline"]?.array ?? []).map { row in
            let people = (row["by"]?.array ?? []).compactMap { $0["principal"]?.string }
            return [
                "cells": [
                    text(row["record"]), text(row["time"]), text(row["event"]), text(row["to"]),
                    people.joined(separator: ", "), String(text(row["digest"]).prefix(16)),
                ]
            ]
        }
        let scope = document["scope"]
        let counts = scope?["counts"]
        return template.render([
            "incident": text(document["incident"]), "state": text(document["state"]),
            "isDrill": document["drill"] == true, "reader": text(document["reader"]),
            "made": text(document["made"]), "digest": digest, "timeline": timeline,
            "hasScope": scope?.object != nil, "scopeVersion": text(scope?["version"]),
            "scopeDigest": text(scope?["resultDigest"]), "accessed": text(counts?["accessed"]),
            "couldHave": text(counts?["couldHave"]), "notAccessed": text(counts?["notAccessed"]),
            "secured": text(scope?["encryption"]?["secured"]),
            "decisions": rows("decisions", ["rule", "jurisdiction", "notify", "ground"]),
            "deadlines": rows("deadlines", ["due", "recipient", "jurisdiction", "rule", "law"]),
            "evidence": rows("evidence", ["item", "who", "when", "where", "hash"]),
            "letterCount": text(document["letters"]?["letters"]),
            "lettersOpen": text(document["letters"]?["open"]),
            "states": (document["metrics"]?["states"]?.array ?? []).map { row -> [String: Any] in
                ["cells": [text(row["state"]), text(row["minutes"])]]
            },
        ])
    }
}
