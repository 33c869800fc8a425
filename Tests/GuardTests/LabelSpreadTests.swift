import Consent
import FHIRModel
import Testing
import VaultTestSupport

@testable import Guard

struct LabelSpreadTests {
    @Test func `labels spread over record numbers as they do in the slow graph`() {
        var random = SeededRandom(seed: 20_261_122)
        let kinds: [LabelLink] = [.about, .whole, .during, .directory]
        let labels = Array(SensitivityLabel.allCases)
        var differing = 0
        for _ in 0..<400 {
            let count = Int.random(in: 1...24, using: &random)
            let tags = (0..<count).map { UInt64($0) * 7_919 + 3 }
            let nodes = tags.map { _ in
                let own = LabelSet(
                    labels.filter { _ in Int.random(in: 0..<24, using: &random) == 0 }
                )
                // Some links point at records that are not there.
                let links = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    LabelGraph<UInt64>.Link(
                        to: UInt64.random(in: 0..<UInt64(count + 2), using: &random) * 7_919 + 3,
                        kinds.randomElement(using: &random) ?? .about
                    )
                }
                return LabelNodes.Node(
                    category: .laboratory,
                    namesOthers: false,
                    own: own,
                    coded: Bool.random(using: &random) ? own : .none,
                    links: links
                )
            }
            var slow = LabelGraph<UInt64>()
            _ = slow.update(
                zip(tags, nodes).map { ($0, .init(own: $1.own, coded: $1.coded, links: $1.links)) }
            )
            var spread = LabelSpread(
                nodes,
                numbers: Dictionary(
                    uniqueKeysWithValues: tags.enumerated().map { ($1, UInt32($0)) }
                )
            )
            if spread.labels() != tags.map({ slow.labels(of: $0) ?? .all }) { differing += 1 }
        }
        #expect(differing == 0)
    }
}
