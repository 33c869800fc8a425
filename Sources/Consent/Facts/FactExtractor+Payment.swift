internal import FHIRModel

extension FactExtractor {
    static func coverage(_ node: JSONNode) -> Fact {
        var fact = Fact(.coverage)
        fact.isActive = !["cancelled", "draft", "entered-in-error"]
            .contains(node.text("status") ?? "active")
        fact.identifiers = node.identifierKeys
        fact.period = node.period("period")
        fact.parties =
            parties(node.list("payor"), .payer)
            + parties(node.list("subscriber") + node.list("policyHolder"), .subscriber)
        if isSelfPay(fact) || node.codings("type").contains(where: { $0.code == "pay" }) {
            fact.codes = [Fact.selfPay]
        }
        return fact
    }

    static func eligibility(_ node: JSONNode) -> Fact {
        var fact = Fact(.coverage)
        fact.isActive = !["cancelled", "draft", "entered-in-error"]
            .contains(node.text("status") ?? "active")
        fact.parties = parties(node.list("insurer"), .payer)
        fact.links = node.list("insurance").flatMap { links($0, ["coverage"]) }
        return fact
    }

    static func claim(_ node: JSONNode) -> Fact {
        var fact = Fact(.claim)
        fact.isActive = !["draft", "entered-in-error"].contains(node.text("status") ?? "active")
        fact.period = node.period("billablePeriod")
        fact.parties = parties(node.list("insurer"), .payer)
        for insurance in node.list("insurance") {
            fact.parties += payers(of: insurance.member(named: "coverage"), in: node)
        }
        fact.parties += parties(node.list("provider"), .provider)
        fact.links = billed(by: node)
        if isSelfPay(fact) { fact.codes = [Fact.selfPay] }
        return fact
    }

    /// Who stands behind `insurance.coverage`: the contained Coverage's payors, else the reference itself
    /// (which may name a Coverage record) and its display text.
    private static func payers(of coverage: JSONNode?, in node: JSONNode) -> [Party] {
        guard let coverage, let reference = ReadReference(coverage) else { return [] }
        if let fragment = reference.reference, fragment.hasPrefix("#") {
            let id = fragment.dropFirst()
            let contained = node.list("contained").first {
                $0.text("id").map { $0 == id } ?? false
            }
            return parties(contained?.list("payor") ?? [], .payer)
        }
        return parties([coverage], .payer)
    }

    /// What a claim bills: encounters, procedures, diagnoses, prescription, referral; and the claim an answer
    /// belongs to.
    ///
    /// Supporting information is not billed: it may be any note or result.
    private static func billed(by node: JSONNode) -> [String] {
        var found = links(
            node,
            [
                "claim", "claimResponse", "request", "prescription", "originalPrescription",
                "referral",
            ]
        )
        for item in node.list("item") + node.list("addItem") {
            found += links(item, ["encounter"])
        }
        for procedure in node.list("procedure") {
            found += links(procedure, ["procedureReference"])
        }
        for diagnosis in node.list("diagnosis") {
            found += links(diagnosis, ["diagnosisReference"])
        }
        return found.filter { !$0.hasPrefix("#") }
    }

    /// Payers that stand for "nobody": the patient pays.
    static let noInsurance: Set<String> = ["NO_INSURANCE", "no insurance", "self-pay", "uninsured"]

    private static func isSelfPay(_ fact: Fact) -> Bool {
        let payers = fact.parties.filter { $0.role == .payer }
        guard !payers.isEmpty else { return false }
        return payers.allSatisfy { payer in
            payer.display.map { text in
                noInsurance.contains(text) || noInsurance.contains(text.lowercased())
            } ?? (payer.reference?.hasPrefix("Patient/") ?? false)
        }
    }
}
