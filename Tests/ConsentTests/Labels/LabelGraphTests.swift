import Consent
import FHIRModel
import Testing
import VaultTestSupport

struct LabelGraphTests {
    typealias Graph = LabelGraph<Int>

    private func node(_ own: LabelSet, _ links: [(Int, LabelLink)] = []) -> Graph.Node {
        Graph.Node(own: own, coded: own, links: links.map { Graph.Link(to: $0.0, $0.1) })
    }

    @Test func `a claim is as sensitive as the condition it names, also when that comes later`() {
        var graph = Graph()
        #expect(graph.set(1, node([], [(2, .about)])) == [1: []])
        #expect(graph.set(2, node([.mentalHealth])) == [2: [.mentalHealth], 1: [.mentalHealth]])
        #expect(graph.set(3, node([], [(1, .about)])) == [3: [.mentalHealth]])
        #expect(graph.set(2, node([])) == [2: [], 1: [], 3: []])
    }

    @Test func `a visit does not take on what one diagnosis of it says, nor give it on`() {
        var graph = Graph()
        _ = graph.set(1, node([], [(2, .about)]))  // encounter, its diagnosis is 2
        _ = graph.set(2, node([.hiv]))
        _ = graph.set(3, node([], [(1, .during)]))  // blood pressure of that visit
        #expect(graph.labels(of: 1) == [.hiv])
        #expect(graph.labels(of: 3) == [])
        #expect(
            graph.set(1, node([.sexualReproductive], [(2, .about)]))[3] == [.sexualReproductive]
        )
    }

    @Test func `a report and its results share labels, notes kept apart do not spread`() {
        var graph = Graph()
        _ = graph.set(1, node([.hiv], [(2, .whole), (3, .whole)]))
        _ = graph.set(2, node([]))
        _ = graph.set(3, node([.genetics]))
        #expect(graph.labels(of: 1) == [.hiv, .genetics])
        #expect(graph.labels(of: 2) == [.hiv])
        _ = graph.set(4, node([.psychotherapyNotes, .mentalHealth, .unclassified]))
        _ = graph.set(5, node([], [(4, .about)]))
        #expect(graph.labels(of: 5) == [.mentalHealth])
        _ = graph.set(6, node([.part2, .substanceUse]))
        _ = graph.set(7, node([], [(6, .directory)]))
        #expect(graph.labels(of: 7) == [.part2])
    }

    @Test func `step by step and all at once give the same labels`() {
        var random = SeededRandom.forTest()
        for _ in 0..<60 {
            var graph = Graph()
            var nodes: [Int: Graph.Node] = [:]
            var known: [Int: LabelSet] = [:]
            for _ in 0..<60 {
                let id = Int.random(in: 0..<14, using: &random)
                if Int.random(in: 0..<6, using: &random) == 0 {
                    nodes[id] = nil
                    known[id] = nil
                    known.merge(graph.remove(id)) { $1 }
                } else {
                    let node = randomNode(&random)
                    nodes[id] = node
                    known.merge(graph.set(id, node)) { $1 }
                }
                #expect(known == spreadSlowly(nodes))
            }
            var whole = Graph()
            let all = whole.update(nodes.map { ($0.key, $0.value) })
            #expect(all == spreadSlowly(nodes))
        }
    }

    private func randomNode(_ random: inout SeededRandom) -> Graph.Node {
        let own = LabelSet(
            bits: UInt32.random(in: 0..<(1 << 17), using: &random) & 0b1_0011_0000_0011
        )
        var links: [Graph.Link] = []
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            let kind = LabelLink.allCases.randomElement(using: &random) ?? .about
            links.append(Graph.Link(to: Int.random(in: 0..<14, using: &random), kind))
        }
        let coded = own.intersection(LabelSet(bits: UInt32.random(in: 0..<8, using: &random)))
        return Graph.Node(own: own, coded: coded, links: links)
    }

    /// The definition, repeated until nothing changes.
    private func spreadSlowly(_ nodes: [Int: Graph.Node]) -> [Int: LabelSet] {
        var labels = nodes.mapValues(\.own)
        var isSettled = false
        while !isSettled {
            isSettled = true
            for (id, node) in nodes {
                var all = labels[id] ?? .none
                for link in node.links {
                    guard let target = nodes[link.target] else { continue }
                    let brought: LabelSet =
                        switch link.kind {
                        case .about, .whole: labels[link.target] ?? .none
                        case .during: target.coded
                        case .directory: target.own.intersection([.part2])
                        }
                    all = all.union(brought.intersection(.spreading))
                }
                for (_, other) in nodes
                where other.links.contains(where: { $0.target == id && $0.kind == .whole }) {
                    all = all.union(other.coded.intersection(.spreading))
                }
                if all != labels[id] {
                    labels[id] = all
                    isSettled = false
                }
            }
        }
        return labels
    }
}
