internal import Consent
internal import FHIRModel
public import VaultCore

/// A receipt that a patient takes home: what was consented to, for whom, why and until when.
///
/// Source: ISO/IEC TS 27560:2023, consent record information structure; names of fields as there. What the
/// Consent does not say is left out, never invented.
public struct ConsentRecordReceipt: Sendable {
    /// The receipt.
    public let json: JSONValue

    /// Makes the receipt of a Consent.
    ///
    /// - Parameters:
    ///   - consent: The Consent resource, JSON.
    ///   - vault: Which vault keeps it.
    ///   - proof: Where it stands in the log: index, leaf hash and a signed checkpoint.
    ///   - now: When the receipt is made.
    /// - Throws: ``VaultError/notAConsent``.
    public init(
        consent: [UInt8],
        vault: VaultID,
        proof: JSONValue,
        now: Instant
    ) throws {
        var parser = JSONParser()
        let root = try parser.parse(consent).root
        guard root["resourceType"]?.string == "Consent", let id = root["id"]?.string else {
            throw VaultError.notAConsent
        }
        let directive = ConsentDirective(root)
        json = [
            "schema_version": "ISO/IEC TS 27560:2023",
            "record_id": .string("urn:patientvault:\(vault):Consent/\(id)"),
            "receipt_id": .string("urn:patientvault:\(vault):Consent/\(id)#\(now)"),
            "pii_principal_id": Self.text(root["patient"]?["reference"]),
            "pii_controllers": .array(Self.parties(root, "organization")),
            "consent_type": "explicit",
            "jurisdiction": .null,
            "privacy_notice": Self.text(root["sourceAttachment"]?["url"] ?? Self.policy(root)),
            "language": Self.text(root["language"]),
            "purposes": .array(Self.purposes(directive)),
            "event": [
                [
                    "event_time": Self.text(root["dateTime"]),
                    "event_type": "consent given",
                    "event_state": Self.text(root["status"]),
                    "entity_id": Self.text(
                        root["performer"]?[0]?["reference"] ?? root["patient"]?["reference"]
                    ),
                    "validity_duration": Self.validity(root),
                ]
            ],
            "withdrawal_method": .string(
                "patientvault consent revoke \(id); it counts from the next decision on"
            ),
            "proof": proof,
            "issued_at": .string(now.description),
        ]
    }

    private static func text(_ node: JSONNode?) -> JSONValue {
        node?.string.map { .string($0) } ?? .null
    }

    private static func policy(_ root: JSONNode) -> JSONNode? { root["policy"]?[0]?["uri"] }

    private static func parties(_ root: JSONNode, _ name: String) -> [JSONValue] {
        root.list(name).map { party in
            ["id": text(party["reference"]), "name": text(party["display"])]
        }
    }

    private static func validity(_ root: JSONNode) -> JSONValue {
        let period = root["provision"]?["period"]
        return ["start": text(period?["start"]), "end": text(period?["end"])]
    }

    /// One entry for each rule that says something, in the order of the Consent.
    private static func purposes(_ directive: ConsentDirective) -> [JSONValue] {
        directive.provisions.filter { $0.kind != .silent }.map { rule in
            [
                "rule": .string(rule.path),
                "effect": .string(rule.kind == .permit ? "permit" : "deny"),
                "purpose": .strings((rule.purposes ?? []).map(\.code)),
                "lawful_basis": "consent",
                "pii_information": .strings(
                    (rule.classes ?? []).map(\.code) + (rule.codes ?? []).map(\.code)
                ),
                "sensitivity": .strings((rule.labels ?? []).map(\.code)),
                "recipient_third_parties": .strings(
                    (rule.actors ?? []).filter { $0.part == .recipient }.map(\.key)
                ),
                "processing_location": .null,
                "storage_conditions": .null,
            ]
        }
    }
}
