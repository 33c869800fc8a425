/// What a request asks for, told by method and path alone.
public enum Interaction: String, Sendable, Hashable, CaseIterable {
    case health, ready, metrics, openAPI
    case capabilities, smartConfiguration
    case token, introspect, revoke
    case authorize, signIn, decide, launchContext
    case apps, appsSignIn, appsWithdraw, appsSignOut
    case read, vread, history, search, searchByPost, compartmentSearch, everything, everythingByPost
    case create, update, patch, delete, bundle, validate
    case conditionalUpdate, conditionalDelete, preview
    case subscriptionStatus, subscriptionStatusByPost, subscriptionEvents, subscriptionEventsByPost
    case bulkImport
    case export, exportPatients, exportGroup, exportStatus, exportEnd, exportFile

    /// Whether it is answered to anybody; it tells nothing about anyone.
    public var isPublic: Bool {
        switch self {
        case .health, .ready, .metrics, .openAPI, .capabilities, .smartConfiguration, .token,
            .introspect, .revoke, .authorize, .signIn, .decide, .apps, .appsSignIn, .appsWithdraw,
            .appsSignOut:
            true
        default: false
        }
    }

    /// Whether it is a part of Bulk Data; such a request is never one of many in a Bundle.
    public var isExport: Bool {
        switch self {
        case .export, .exportPatients, .exportGroup, .exportStatus, .exportEnd, .exportFile,
            .bulkImport:
            true
        default: false
        }
    }
}

/// One row of the server's table: a request that is in none of them is not answered.
public struct Route: Sendable, Hashable {
    /// One segment of a path.
    public enum Segment: Sendable, Hashable {
        /// Exactly this text.
        case text(String)
        /// A FHIR resource type.
        case type
        /// A FHIR id.
        case id
        /// A version number.
        case version
        /// Name of a file of an export.
        case file
    }

    /// HTTP method.
    public let method: String
    /// Segments of the path.
    public let path: [Segment]
    /// What it asks for.
    public let interaction: Interaction

    /// The path as people write it: `/fhir/[type]/[id]`.
    public var pattern: String {
        "/"
            + path.map { segment in
                switch segment {
                case .text(let text): text
                case .type: "[type]"
                case .id: "[id]"
                case .version: "[vid]"
                case .file: "[file]"
                }
            }.joined(separator: "/")
    }

    private init(_ method: String, _ path: [Segment], _ interaction: Interaction) {
        self.method = method
        self.path = path
        self.interaction = interaction
    }

    /// The first segment of everything that is FHIR.
    public static let base = "fhir"

    /// Every request that the server answers.
    public static let all: [Route] = {
        let base = Segment.text(Route.base)
        let patient = Segment.text("Patient")
        let subscription = Segment.text("Subscription")
        var routes: [Route] = [
            Route("GET", [.text("health")], .health),
            Route("GET", [.text("ready")], .ready),
            Route("GET", [.text("metrics")], .metrics),
            Route("GET", [.text("openapi.json")], .openAPI),
            Route(
                "GET",
                [.text(".well-known"), .text("smart-configuration")],
                .smartConfiguration
            ),
            Route(
                "GET",
                [base, .text(".well-known"), .text("smart-configuration")],
                .smartConfiguration
            ),
            Route("GET", [base, .text("metadata")], .capabilities),
            Route("POST", [.text("auth"), .text("token")], .token),
            Route("POST", [.text("auth"), .text("introspect")], .introspect),
            Route("POST", [.text("auth"), .text("revoke")], .revoke),
            Route("GET", [.text("auth"), .text("authorize")], .authorize),
            Route("POST", [.text("auth"), .text("sign-in")], .signIn),
            Route("POST", [.text("auth"), .text("decide")], .decide),
            Route("POST", [.text("auth"), .text("launch")], .launchContext),
            Route("GET", [.text("auth"), .text("apps")], .apps),
            Route("POST", [.text("auth"), .text("apps"), .text("sign-in")], .appsSignIn),
            Route("POST", [.text("auth"), .text("apps"), .text("withdraw")], .appsWithdraw),
            Route("POST", [.text("auth"), .text("apps"), .text("sign-out")], .appsSignOut),
            Route("POST", [base], .bundle),
            Route("POST", [base, .type, .text("_search")], .searchByPost),
            Route("POST", [base, .type, .text("$validate")], .validate),
            Route("POST", [base, .text("Consent"), .text("$preview")], .preview),
            Route("GET", [base, .text("$export")], .export),
            Route("GET", [base, patient, .text("$export")], .exportPatients),
            Route("GET", [base, .text("Group"), .id, .text("$export")], .exportGroup),
            Route("POST", [base, .text("$import")], .bulkImport),
            Route("GET", [base, .text("bulk"), .id], .exportStatus),
            Route("DELETE", [base, .text("bulk"), .id], .exportEnd),
            Route("GET", [base, .text("bulk"), .id, .file], .exportFile),
            Route("GET", [base, subscription, .id, .text("$status")], .subscriptionStatus),
            Route("POST", [base, subscription, .id, .text("$status")], .subscriptionStatusByPost),
            Route("GET", [base, subscription, .id, .text("$events")], .subscriptionEvents),
            Route("POST", [base, subscription, .id, .text("$events")], .subscriptionEventsByPost),
            Route("GET", [base, patient, .id, .text("$everything")], .everything),
            Route("POST", [base, patient, .id, .text("$everything")], .everythingByPost),
            Route("GET", [base, patient, .id, .type], .compartmentSearch),
            Route("GET", [base, .type], .search),
            Route("POST", [base, .type], .create),
            Route("PUT", [base, .type], .conditionalUpdate),
            Route("DELETE", [base, .type], .conditionalDelete),
            Route("GET", [base, .type, .id], .read),
            Route("PUT", [base, .type, .id], .update),
            Route("PATCH", [base, .type, .id], .patch),
            Route("DELETE", [base, .type, .id], .delete),
            Route("GET", [base, .type, .id, .text("_history")], .history),
            Route("GET", [base, .type, .id, .text("_history"), .version], .vread),
        ]
        // HEAD answers as GET does, without the body; it begins neither an export nor a visit to a page.
        routes += routes.filter {
            $0.method == "GET" && !$0.interaction.isExport
                && ![.authorize, .apps].contains($0.interaction)
        }.map {
            Route("HEAD", $0.path, $0.interaction)
        }
        return routes
    }()
}
