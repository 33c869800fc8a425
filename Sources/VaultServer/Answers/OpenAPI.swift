internal import VaultCore

/// The routes as an OpenAPI 3.1 document, made from the table that answers them.
struct OpenAPI {
    let base: String

    var document: JSONValue {
        var paths: [(String, [JSONValue.Member])] = []
        for route in Route.all where route.method != "HEAD" {
            let path = route.pattern.replacing("[type]", with: "{type}")
                .replacing("[id]", with: "{id}").replacing("[vid]", with: "{vid}")
                .replacing("[file]", with: "{file}")
            let member = JSONValue.Member(route.method.lowercased(), operation(route))
            if let place = paths.firstIndex(where: { $0.0 == path }) {
                paths[place].1.append(member)
            } else {
                paths.append((path, [member]))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": "patientvault", "version": "0.1.0"],
            "servers": .array([
                ["url": .string(String(base.dropLast(Route.base.count + 1)))]
            ]),
            "paths": .object(paths.map { JSONValue.Member($0.0, .object($0.1)) }),
            "components": [
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
                ]
            ],
        ]
    }

    private func operation(_ route: Route) -> JSONValue {
        var operation: JSONValue = [
            "operationId": .string(
                "\(route.method.lowercased()) \(route.pattern)".replacing(" ", with: "_")
            ), "summary": .string(route.interaction.rawValue),
        ]
        let parameters = route.path.compactMap { segment -> JSONValue? in
            switch segment {
            case .type: parameter("type", "^[A-Z][A-Za-z]{1,63}$")
            case .id: parameter("id", "^[A-Za-z0-9.-]{1,64}$")
            case .version: parameter("vid", "^[A-Za-z0-9.-]{1,64}$")
            case .file: parameter("file", "^[A-Za-z0-9.-]{1,64}$")
            case .text: nil
            }
        }
        if !parameters.isEmpty { operation.set("parameters", .array(parameters)) }
        if let media = mediaType(route) {
            operation.set(
                "requestBody",
                ["required": true, "content": .object([.init(media, ["schema": [:]])])]
            )
        }
        let isAuth = [.token, .introspect, .revoke].contains(route.interaction)
        let body: JSONValue =
            isAuth || route.interaction.isPublic
            ? ["description": "an answer"]
            : [
                "description": "FHIR JSON",
                "content": .object([
                    .init(MediaType.fhir, ["schema": ["type": "object"]]),
                    .init(MediaType.json, ["schema": ["type": "object"]]),
                    .init(MediaType.ndjson, ["schema": [:]]),
                ]),
            ]
        operation.set(
            "responses",
            [
                "2XX": body, "303": ["description": "back to the app"],
                "304": ["description": "not modified"], "4XX": body, "5XX": body,
            ]
        )
        if !route.interaction.isPublic {
            operation.set("security", .array([["token": []]]))
        }
        return operation
    }

    private func parameter(_ name: String, _ pattern: String) -> JSONValue {
        [
            "name": .string(name), "in": "path", "required": true,
            "schema": ["type": "string", "pattern": .string(pattern)],
        ]
    }

    private func mediaType(_ route: Route) -> String? {
        switch route.interaction {
        case .create, .update, .conditionalUpdate, .bundle, .validate, .preview: MediaType.fhir
        case .patch: MediaType.jsonPatch
        case .bulkImport: MediaType.ndjson
        case .searchByPost, .token, .introspect, .revoke, .signIn, .decide, .launchContext,
            .appsSignIn, .appsWithdraw, .appsSignOut:
            MediaType.form
        default: nil
        }
    }
}
