internal import Guard
internal import Outbound
internal import VaultCore

/// Posts notifications; of an answer only its status is read.
struct HTTPNotificationSender: NotificationSender {
    private let settings: NotificationSettings

    init(_ settings: NotificationSettings) { self.settings = settings }

    func post(_ body: [UInt8], to target: TargetURL, headers: [String]) -> Bool {
        var request = OutboundRequest(
            to: target,
            reach: settings.allowsLoopback ? .publicOrLoopback : .publicOnly
        )
        request.timeout = settings.timeout
        request.authorities = settings.authorities
        let own = headers.map { header in
            let sides = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                name: String(sides[0]),
                value: sides.count > 1 ? String(sides[1].drop { $0 == " " }) : ""
            )
        }
        let fields = [(name: "Content-Type", value: MediaType.fhir)] + own
        guard let answer = try? request.send("POST", headers: fields, body: body) else {
            return false
        }
        return (200...299).contains(answer.status)
    }
}
