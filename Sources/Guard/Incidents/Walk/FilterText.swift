internal import MerkleLog
internal import VaultCore

/// Decides by a header's text whether its entry is told in full.
struct FilterText {
    private let filter: AccessFilter
    private let wanted: [UInt8]

    init(_ filter: AccessFilter) {
        self.filter = filter
        wanted = if case .only(_, let value) = filter { JSONValue.string(value).bytes } else { [] }
    }

    func admits(_ header: HeaderText) -> Bool {
        switch filter {
        case .everything: true
        case .nothing: false
        case .only(let field, _): admits(header, field)
        }
    }

    private func admits(_ header: HeaderText, _ field: AccessFilter.Field) -> Bool {
        let name: HeaderName =
            switch field {
            case .principal: .actor
            case .organization: .organization
            case .session: .session
            case .device: .device
            case .recordServer: .recordServer
            case .guardHost: .guard
            }
        let value = header[name]
        if header.isUnknown(name) {
            switch field {
            case .session: return !header.isWithoutSession
            case .organization: return !header.isWithoutOrganization
            default: return true
            }
        }
        if value.isText("\"none\"") { return false }
        if value.isEqual(to: wanted) { return true }
        // What is no id may stand for anybody.
        switch field {
        case .principal: return !isPrincipal(value)
        case .session: return !isSession(value)
        default: return false
        }
    }

    /// Looks at the bytes first: nearly always they are an id, and nothing need be parsed.
    private func isPrincipal(_ value: UnsafeRawBufferPointer) -> Bool {
        let word = value.dropFirst().dropLast()
        if (1...64).contains(word.count),
            word.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
        {
            return true
        }
        return value.json?.string.flatMap { PrincipalID($0) } != nil
    }

    private func isSession(_ value: UnsafeRawBufferPointer) -> Bool {
        let word = value.dropFirst().dropLast()
        if word.count == 32,
            word.allSatisfy({ (0x61...0x66).contains($0) || (0x30...0x39).contains($0) })
        {
            return true
        }
        return value.json?.string.flatMap { Hex.decode($0) }.flatMap { SessionID(bytes: $0) } != nil
    }
}
