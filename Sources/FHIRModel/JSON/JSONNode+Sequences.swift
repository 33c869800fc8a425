extension JSONNode {
    /// The elements of an array in order; none for other kinds.
    public var elements: Elements { Elements(of: self) }

    /// The members of an object in the order received; none for other kinds.
    public var members: Members { Members(of: self) }

    /// How many elements or members there are; linear.
    public var count: Int {
        switch entry.kind {
        case .array: elements.reduce(0) { count, _ in count + 1 }
        case .object: members.reduce(0) { count, _ in count + 1 }
        default: 0
        }
    }

    /// The elements of an array, in order.
    public struct Elements: Sequence, IteratorProtocol {
        private let document: JSONDocument
        private var place: Int
        private let end: Int

        init(of node: JSONNode) {
            document = node.document
            place = node.index + 1
            end = node.entry.kind == .array ? Int(node.entry.next) : place
        }

        /// The next element.
        ///
        /// - Returns: `nil` after the last.
        public mutating func next() -> JSONNode? {
            guard place < end else { return nil }
            let node = JSONNode(document: document, index: place)
            place = Int(node.entry.next)
            return node
        }
    }

    /// The members of an object, in the order received.
    public struct Members: Sequence, IteratorProtocol {
        private let document: JSONDocument
        private var place: Int
        private let end: Int

        init(of node: JSONNode) {
            document = node.document
            place = node.index + 1
            end = node.entry.kind == .object ? Int(node.entry.next) : place
        }

        /// The next member.
        ///
        /// - Returns: Its name, as a node of kind string, and its value; `nil` after the last.
        public mutating func next() -> (key: JSONNode, value: JSONNode)? {
            guard place < end else { return nil }
            let key = JSONNode(document: document, index: place)
            let value = JSONNode(document: document, index: place + 1)
            place = Int(value.entry.next)
            return (key, value)
        }
    }
}
