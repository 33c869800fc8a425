internal import FHIRModel
internal import Foundation

/// A number with the range that its written digits mean, and perhaps a unit.
struct SearchQuantity: Sendable, Hashable {
    private let prefix: SearchDate.Prefix
    private let low: Double
    private let high: Double
    private let number: Double
    private let system: String?
    private let code: String?

    /// Reads `[prefix]number[|system|code]`.
    init?(_ text: String) {
        let parts = SearchText.splitUnescaped(text, at: "|").map(SearchText.unescaped)
        let (prefix, digits) = SearchDate.split(parts[0])
        guard parts.count == 1 || parts.count == 3, let number = Double(digits), number.isFinite
        else { return nil }
        self.prefix = prefix
        self.number = number
        // 5.4 means 5.35 to 5.45; 100 means 99.5 to 100.5; an approximation is a tenth around.
        let fraction = digits.split(separator: ".", maxSplits: 1).dropFirst().first ?? ""
        let places = fraction.prefix { $0.isNumber }.count
        let half = prefix == .ap ? abs(number) / 10 : 0.5 * pow(10, -Double(places))
        low = number - half
        high = number + half
        system = parts.count == 3 && !parts[1].isEmpty ? parts[1] : nil
        code = parts.count == 3 && !parts[2].isEmpty ? parts[2] : nil
    }

    func matches(_ node: JSONNode) -> Bool {
        if node.kind == .number { return compare(node, node) }
        guard node.kind == .object else { return false }
        if node["low"] != nil || node["high"] != nil {
            guard fits(node["low"] ?? node), fits(node["high"] ?? node) else { return false }
            return compare(node["low"]?["value"], node["high"]?["value"])
        }
        guard let value = node["value"], fits(node) else { return false }
        return compare(value, value)
    }

    private func fits(_ quantity: JSONNode) -> Bool {
        if let system, quantity["system"]?.string != system { return false }
        guard let code else { return true }
        return quantity["code"]?.string == code
            || system == nil
                && (quantity["unit"]?.string == code
                    || quantity["currency"]?.string == code)
    }

    private func compare(_ least: JSONNode?, _ most: JSONNode?) -> Bool {
        let first = least?.numberText.flatMap { Double($0) } ?? -.infinity
        let last = most?.numberText.flatMap { Double($0) } ?? .infinity
        switch prefix {
        case .eq, .ap: return low <= first && last < high || prefix == .ap && last == high
        case .ne: return !(low <= first && last < high)
        case .gt, .sa: return last > number
        case .ge: return last >= number
        case .lt, .eb: return first < number
        case .le: return first <= number
        }
    }
}
