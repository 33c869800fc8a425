internal import FHIRModel

extension Redactor {
    /// Works out the new numbers of a bill's diagnoses, procedures and the like, where some of them go: a
    /// gap in the numbers would tell that something stood there.
    mutating func renumberBill() {
        guard type == "Claim" || type == "ExplanationOfBenefit" else { return }
        for (list, link) in RequiredElements.numbered {
            var mapped: [Int: Int] = [:]
            var isGapped = false
            for entry in document.root.list(list) {
                path = [list]
                let fate = emit(entry)
                path = []
                guard fate != .dropped else {
                    isGapped = true
                    continue
                }
                if let old = entry["sequence"]?.integer { mapped[old] = mapped.count + 1 }
            }
            out.removeAll(keepingCapacity: true)
            if isGapped {
                numbers[list] = mapped
                numbers[link] = mapped
            }
        }
    }

    /// Writes a number; one that counts entries of a list that lost some is written anew.
    mutating func emitNumber(_ node: JSONNode) -> Fate {
        if !numbers.isEmpty, let old = node.integer, let name = path.last {
            let list = name == "sequence" && path.count == 2 ? path[0] : name
            if let mapped = numbers[list], name == "sequence" || name.hasSuffix("Sequence") {
                guard let new = mapped[old] else { return .dropped }
                out += "\(new)".utf8
                return new == old ? .kept : .changed
            }
        }
        copy(node.byteRange)
        return .kept
    }
}
