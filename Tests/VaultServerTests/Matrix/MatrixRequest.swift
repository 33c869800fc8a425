import VaultCore

@testable import VaultServer

/// A row of the matrix for each subject: how a route is asked.
struct MatrixRequest: Sendable {
    let methods: [String]
    /// The address as the table writes it.
    let address: String
    let subjects: [MatrixSubject]
    let path: @Sendable (MatrixTarget) -> String
    private(set) var media = MediaType.fhir
    private(set) var body: @Sendable (MatrixTarget) -> String = { _ in "" }

    init(
        _ methods: String,
        _ address: String,
        _ subjects: [MatrixSubject] = [.nobody],
        path: (@Sendable (MatrixTarget) -> String)? = nil
    ) {
        self.methods = methods.split(separator: " ").map(String.init)
        self.address = address
        self.subjects = subjects
        self.path = path ?? { _ in address }
    }

    /// The same with a body.
    func sending(
        _ media: String = MediaType.fhir,
        _ body: @escaping @Sendable (MatrixTarget) -> String
    ) -> MatrixRequest {
        var request = self
        request.media = media
        request.body = body
        return request
    }

    /// What the table calls the row.
    func name(_ subject: MatrixSubject) -> String {
        "\(methods.joined(separator: " ")) \(address) \(subject.rawValue)"
    }

    static func visit(_ id: String, of patient: String) -> String {
        #"{"resourceType":"Encounter","id":"\#(id)","status":"finished","class":{"code":"AMB"},"#
            + #""subject":{"reference":"Patient/\#(patient)"}}"#
    }

    private static func bundle(_ type: String, _ method: String, _ url: String) -> String {
        #"{"resourceType":"Bundle","type":"\#(type)","entry":[{"request":{"method":"\#(method)","#
            + #""url":"\#(url)"}}]}"#
    }

    private static let either: [MatrixSubject] = [.patient, .other]
    private static let mine: [MatrixSubject] = [.own, .other]

    /// What is asked by everybody, in the order of the table.
    static let all: [MatrixRequest] =
        open + reads + bulk + writes + operations + subscriptions + types

    private static let open = [
        MatrixRequest("GET HEAD", "/health"), MatrixRequest("GET HEAD", "/ready"),
        MatrixRequest("GET HEAD", "/metrics"), MatrixRequest("GET HEAD", "/openapi.json"),
        MatrixRequest("GET HEAD", "/.well-known/smart-configuration"),
        MatrixRequest("GET HEAD", "/fhir/.well-known/smart-configuration"),
        MatrixRequest("GET HEAD", "/fhir/metadata"), MatrixRequest("GET", "/auth/authorize"),
        MatrixRequest("POST", "/auth/sign-in").sending(MediaType.form) { _ in "account=x" },
        MatrixRequest("POST", "/auth/decide").sending(MediaType.form) { _ in "decision=allow" },
        MatrixRequest("GET", "/auth/apps"),
        MatrixRequest("POST", "/auth/apps/sign-in").sending(MediaType.form) { _ in "account=x" },
        MatrixRequest("POST", "/auth/apps/withdraw").sending(MediaType.form) { _ in "app=x" },
        MatrixRequest("POST", "/auth/apps/sign-out").sending(MediaType.form) { _ in "form=x" },
        // An access token in the header proves no client: the form would have to.
        MatrixRequest("POST", "/auth/token").sending(MediaType.form) { _ in
            "grant_type=client_credentials&scope=system/*.rs"
        },
        MatrixRequest("POST", "/auth/introspect").sending(MediaType.form) { _ in "token=x" },
        MatrixRequest("POST", "/auth/revoke").sending(MediaType.form) { _ in "token=x" },
    ]

    private static let reads = [
        MatrixRequest("GET HEAD", "/fhir/[type]/[id]", either) { "/fhir/Encounter/\($0.visit)" },
        MatrixRequest("GET HEAD", "/fhir/[type]/[id]/_history", either) {
            "/fhir/Encounter/\($0.visit)/_history"
        },
        MatrixRequest("GET HEAD", "/fhir/[type]/[id]/_history/[vid]", either) {
            "/fhir/Encounter/\($0.visit)/_history/1"
        },
        MatrixRequest("GET HEAD", "/fhir/[type]", either) {
            "/fhir/Encounter?patient=\($0.patient)"
        },
        MatrixRequest("POST", "/fhir/[type]/_search", either) { _ in "/fhir/Encounter/_search" }
            .sending(MediaType.form) { "patient=\($0.patient)" },
        MatrixRequest("GET HEAD", "/fhir/Patient/[id]/[type]", either) {
            "/fhir/Patient/\($0.patient)/Encounter"
        },
        MatrixRequest("GET HEAD", "/fhir/Patient/[id]/$everything", either) {
            "/fhir/Patient/\($0.patient)/$everything"
        },
        MatrixRequest("POST", "/fhir/Patient/[id]/$everything", either) {
            "/fhir/Patient/\($0.patient)/$everything"
        },
        MatrixRequest("POST", "/fhir", [.batch]).sending {
            bundle("batch", "GET", "Encounter/\($0.visit)")
        },
    ]

    private static let bulk = [
        MatrixRequest("GET", "/fhir/$export") { _ in "/fhir/$export?_type=Encounter" },
        MatrixRequest("GET", "/fhir/Patient/$export") { _ in
            "/fhir/Patient/$export?_type=Encounter"
        },
        MatrixRequest("GET", "/fhir/Group/[id]/$export", either) {
            "/fhir/Group/\($0.group)/$export?_type=Encounter"
        },
        MatrixRequest("GET", "/fhir/bulk/[id]", mine + [.imported]) { "/fhir/bulk/\($0.job)" },
        MatrixRequest("GET", "/fhir/bulk/[id]/[file]", mine) { "/fhir/bulk/\($0.job)/\($0.file)" },
        MatrixRequest("DELETE", "/fhir/bulk/[id]", mine + [.imported]) { "/fhir/bulk/\($0.job)" },
    ]

    private static let writes = [
        MatrixRequest("POST", "/fhir/[type]", either) { _ in "/fhir/Encounter" }
            .sending { visit("new", of: $0.patient) },
        MatrixRequest("PUT", "/fhir/[type]/[id]", either) { "/fhir/Encounter/\($0.plain(1))" }
            .sending { visit($0.plain(1), of: $0.patient) },
        MatrixRequest("PATCH", "/fhir/[type]/[id]", either) { "/fhir/Encounter/\($0.plain(2))" }
            .sending(MediaType.jsonPatch) { _ in
                #"[{"op":"replace","path":"/status","value":"cancelled"}]"#
            },
        MatrixRequest("DELETE", "/fhir/[type]/[id]", either) { "/fhir/Encounter/\($0.plain(3))" },
        MatrixRequest("PUT", "/fhir/[type]", either) {
            "/fhir/Encounter?patient=\($0.patient)&_id=\($0.plain(4))"
        }.sending { visit($0.plain(4), of: $0.patient) },
        MatrixRequest("DELETE", "/fhir/[type]", either) {
            "/fhir/Encounter?patient=\($0.patient)&_id=\($0.plain(5))"
        },
        MatrixRequest("POST", "/fhir", either).sending {
            bundle("transaction", "DELETE", "Encounter/\($0.plain(6))")
        },
        MatrixRequest("POST", "/fhir/$import", [.patient]).sending(MediaType.ndjson) {
            visit("brought-in", of: $0.patient)
        },
    ]

    private static let operations = [
        MatrixRequest("POST", "/fhir/[type]/$validate") { _ in "/fhir/Patient/$validate" }
            .sending { _ in #"{"resourceType":"Patient"}"# },
        MatrixRequest("POST", "/fhir/Consent/$preview", either).sending {
            Margaret.preview("margaret-daughter", of: "RelatedPerson/rp-margaret-daughter")
                .replacing("Patient/margaret", with: "Patient/\($0.patient)")
        },
        MatrixRequest("POST", "/auth/launch", either).sending(MediaType.form) {
            "patient=\($0.patient)&client_id=acme-public"
        },
    ]

    private static let subscriptions = [
        MatrixRequest("POST", "/fhir/Subscription").sending { _ in
            SubscriptionTests.resource("https://app.example/hook")
        },
        MatrixRequest("GET HEAD", "/fhir/Subscription", [.own]),
        MatrixRequest("GET HEAD", "/fhir/Subscription/[id]", mine) {
            "/fhir/Subscription/\($0.subscription)"
        },
        MatrixRequest("GET HEAD", "/fhir/Subscription/[id]/$status", mine) {
            "/fhir/Subscription/\($0.subscription)/$status"
        },
        MatrixRequest("POST", "/fhir/Subscription/[id]/$status", mine) {
            "/fhir/Subscription/\($0.subscription)/$status"
        },
        MatrixRequest("GET HEAD", "/fhir/Subscription/[id]/$events", mine) {
            "/fhir/Subscription/\($0.subscription)/$events"
        },
        MatrixRequest("POST", "/fhir/Subscription/[id]/$events", mine) {
            "/fhir/Subscription/\($0.subscription)/$events"
        },
        MatrixRequest("DELETE", "/fhir/Subscription/[id]", mine) {
            "/fhir/Subscription/\($0.subscription)"
        },
    ]

    /// Types that are answered otherwise than the rest.
    private static let types = [
        MatrixRequest("GET HEAD", "/fhir/DocumentReference/[id]", [.hidden]) {
            "/fhir/DocumentReference/\($0.visit)"
        },
        MatrixRequest("GET HEAD", "/fhir/Practitioner/[id]") { _ in
            "/fhir/Practitioner/prac-us-okafor"
        },
        MatrixRequest("POST", "/fhir/Practitioner").sending { _ in
            #"{"resourceType":"Practitioner","active":true}"#
        },
        MatrixRequest("GET HEAD", "/fhir/AuditEvent", either) {
            "/fhir/AuditEvent?patient=\($0.patient)"
        },
        MatrixRequest("GET HEAD", "/fhir/AuditEvent/[id]", either) {
            "/fhir/AuditEvent/\($0.entry)"
        },
        MatrixRequest("POST", "/fhir/AuditEvent").sending { _ in
            #"{"resourceType":"AuditEvent"}"#
        },
        MatrixRequest("POST", "/fhir/Consent", either).sending {
            // One that some column's time has passed is no consent, whoever states it.
            Margaret.example("margaret-daughter").replacing("2030-09-21", with: "2050-09-21")
                .replacing("Patient/margaret", with: "Patient/\($0.patient)")
        },
    ]
}
