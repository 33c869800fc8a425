internal import FHIRModel
internal import FHIRSearch
internal import VaultCore

/// What the server does, made from the tables that do it.
struct CapabilityStatement {
    let base: String
    let origin: String
    /// Whether people can sign in here.
    let hasPages: Bool

    private static let restful = ["read", "vread", "history-instance", "search-type"]
    private static let writing = ["create", "update", "patch", "delete"]

    var json: JSONValue {
        [
            "resourceType": "CapabilityStatement", "status": "active", "date": "2026-11-27",
            "publisher": "patientvault", "kind": "instance",
            "software": ["name": "patientvault", "version": "0.1.0"],
            "implementation": ["description": "patientvault", "url": .string(base)],
            "instantiates": ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"],
            "fhirVersion": "4.0.1", "format": ["json", "application/fhir+json"],
            "patchFormat": ["application/json-patch+json"],
            "rest": .array([
                [
                    "mode": "server",
                    "documentation": .string(Self.words),
                    "security": security,
                    "resource": .array(resources),
                    "interaction": .array(["batch", "transaction"].map { ["code": .string($0)] }),
                    "operation": .array([
                        Self.export("export"),
                        [
                            "name": "import",
                            "definition": "urn:patientvault:OperationDefinition:import",
                        ],
                    ]),
                ]
            ]),
        ]
    }

    private static let words =
        "Every answer is inside what the patient's consents and the law permit the client's principal for the"
        + " purpose in its token; hidden, denied and absent resources answer alike, and totals count what is"
        + " visible. A search names its patient, or finds one by identifier, or by name and birth date where"
        + " the client's work is to find. References to what the reader cannot see are masked."

    private var security: JSONValue {
        var places: [JSONValue] = [
            ["url": "token", "valueUri": .string("\(origin)/auth/token")],
            ["url": "introspect", "valueUri": .string("\(origin)/auth/introspect")],
            ["url": "revoke", "valueUri": .string("\(origin)/auth/revoke")],
        ]
        if hasPages {
            places.append(["url": "authorize", "valueUri": .string("\(origin)/auth/authorize")])
        }
        return [
            "extension": .array([
                [
                    "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                    "extension": .array(places),
                ]
            ]),
            "service": .array([
                [
                    "coding": .array([
                        [
                            "system":
                                "http://terminology.hl7.org/CodeSystem/restful-security-service",
                            "code": "SMART-on-FHIR",
                        ]
                    ])
                ]
            ]),
        ]
    }

    private var resources: [JSONValue] {
        let types = Set(SearchParameterTable.standard.types).union([.auditEvent])
        return types.sorted { $0.rawValue < $1.rawValue }.map(resource) + [subscriptions]
    }

    /// Subscriptions are no records: made, read and ended, by the R4 backport.
    private var subscriptions: JSONValue {
        let base = "http://hl7.org/fhir/uv/subscriptions-backport"
        return [
            "extension": .array([
                [
                    "url": .string(
                        "\(base)/StructureDefinition/capabilitystatement-subscriptiontopic-canonical"
                    ), "valueCanonical": .string(SubscriptionResource.topic),
                ]
            ]),
            "type": "Subscription",
            "supportedProfile": .strings(["\(base)/StructureDefinition/backport-subscription"]),
            "interaction": .array(
                ["create", "read", "delete", "search-type"].map { ["code": .string($0)] }
            ),
            "searchParam": .array([["name": "status", "type": "token"]]),
            "operation": .array(
                ["status", "events"].map { name in
                    [
                        "name": .string(name),
                        "definition": .string(
                            "\(base)/OperationDefinition/backport-subscription-\(name)"
                        ),
                    ]
                }
            ),
        ]
    }

    private func resource(_ type: ResourceType) -> JSONValue {
        let parameters = SearchParameterTable.standard.parameters(of: type)
        let isReadOnly = type == .auditEvent
        var codes = isReadOnly ? ["read", "search-type"] : Self.restful + Self.writing
        if type == .consent { codes.removeAll { ["update", "patch", "delete"].contains($0) } }
        var json: JSONValue = [
            "type": .string(type.rawValue),
            "interaction": .array(codes.map { ["code": .string($0)] }),
            "versioning": "versioned", "readHistory": .bool(!isReadOnly), "updateCreate": false,
            "conditionalCreate": .bool(!isReadOnly), "conditionalRead": "not-match",
            "conditionalUpdate": .bool(!isReadOnly && type != .consent),
            "conditionalDelete": isReadOnly || type == .consent ? "not-supported" : "single",
        ]
        if isReadOnly {
            json.set(
                "searchParam",
                .array([
                    ["name": "patient", "type": "reference"], ["name": "date", "type": "date"],
                    ["name": "outcome", "type": "token"],
                ])
            )
            return json
        }
        let references = parameters.filter { $0.kind == .reference }
        if !references.isEmpty {
            json.set(
                "searchInclude",
                .strings(references.map { "\(type.rawValue):\($0.code)" })
            )
        }
        json.set("searchRevInclude", ["Provenance:target"])
        json.set(
            "searchParam",
            .array(parameters.map { ["name": .string($0.code), "type": .string($0.kind.name)] })
        )
        json.set("operation", .array(operations(of: type)))
        return json
    }

    private func operations(of type: ResourceType) -> [JSONValue] {
        let base = "http://hl7.org/fhir/OperationDefinition"
        var found: [JSONValue] = [
            ["name": "validate", "definition": .string("\(base)/Resource-validate")]
        ]
        switch type {
        case .patient:
            found += [
                ["name": "everything", "definition": .string("\(base)/Patient-everything")],
                Self.export("patient-export"),
            ]
        case .group: found.append(Self.export("group-export"))
        case .consent:
            found.append([
                "name": "preview",
                "definition": "urn:patientvault:OperationDefinition:Consent-preview",
            ])
        default: break
        }
        return found
    }

    /// One of the three operations of Bulk Data.
    private static func export(_ name: String) -> JSONValue {
        [
            "name": "export",
            "definition": .string("http://hl7.org/fhir/uv/bulkdata/OperationDefinition/\(name)"),
        ]
    }
}
