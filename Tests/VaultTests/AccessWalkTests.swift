import BreachResponse
import Consent
import Foundation
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Guard
@testable import Vault

/// The fast walk over the log gives, for every window and suspicion, what the slow and obvious one gives.
struct AccessWalkTests {
    /// A small hospital whose days follow from a seed.
    private final class Hospital {
        let hard: HardVault
        let officer: PrincipalID
        let second: PrincipalID
        private let doctor: PrincipalID
        private let snooper: PrincipalID
        private let patients = ["a", "b", "c", "d", "e"]
        private var selves: [String: PrincipalID] = [:]
        private var sessions: [PrincipalID: Caller] = [:]
        private(set) var sessionIDs: [SessionID] = []
        private(set) var times: [Instant] = []
        private var random: SeededRandom
        private var erased: Set<String> = []
        private var number = 0

        init(seed: UInt64) throws {
            random = SeededRandom(seed: seed)
            hard = try HardVault()
            try hard.take([Small.practitioner] + patients.map { Small.patient($0) })
            officer = try hard.register("po", Requester(kind: .privacyOfficer))
            second = try hard.register("so", Requester(kind: .securityOfficer))
            doctor = try hard.register(
                "doctor",
                Requester(kind: .clinician, references: ["Practitioner/gp"])
            )
            snooper = try hard.register(
                "snooper",
                Requester(kind: .clinician, references: ["Practitioner/other"])
            )
            for patient in patients {
                selves[patient] = try hard.register(
                    "self-\(patient)",
                    Requester(kind: .patient, references: ["Patient/\(patient)"])
                )
            }
        }

        var core: GuardCore { get throws { try hard.vault.core } }

        private func pick<Element>(_ list: [Element]) throws -> Element {
            try #require(list.randomElement(using: &random))
        }

        private func pseudonym(_ patient: String) throws -> PatientPseudonym {
            try core.exclusively { $0.state.ring.pseudonym(of: "Patient/\(patient)") }
        }

        /// One event of an ordinary or a bad day.
        func live(damage: Bool) throws {
            hard.clock.advance(try pick([0, 1, 30, 200, 301, 3_000, 9_000]))
            times.append(hard.clock.now())
            let living = patients.filter { !erased.contains($0) }
            let patient = try pick(living)
            number += 1
            switch Int.random(in: 0..<(damage ? 16 : 14), using: &random) {
            case 0, 1:
                try hard.take([
                    Small.condition("c\(number)", of: patient), Small.condition("x", of: patient),
                ])
            case 2: try read(try #require(selves[patient]), patient, "PATRQT")
            case 3, 4, 5: try read(doctor, patient, "TREAT")
            case 6, 7: try read(snooper, patient, "ETREAT", BreakGlass(reason: "urgent-care"))
            case 8: try read(snooper, patient, "TREAT")
            case 9:
                let who = try pick([doctor, snooper, officer])
                let caller = try hard.session(who)
                sessions[who] = caller
                if case .session(let id) = caller { sessionIDs.append(id) }
            case 10:
                _ = try hard.vault.rotateKey(
                    of: try pseudonym(patient),
                    reason: "test",
                    by: try hard.session(second),
                    context: CallContext()
                )
            case 11 where living.count > 2:
                _ = try hard.vault.erase(
                    .id(try #require(FHIRID(patient))),
                    reason: "asked",
                    basis: "GDPR 17(1)(b)",
                    by: try hard.session(officer),
                    second: try hard.session(second),
                    context: CallContext()
                )
                erased.insert(patient)
            case 12:
                _ = try core.entries(LogQuery(), by: try hard.session(officer))
                var query = LogQuery()
                query.patient = PatientDesignation(patient)
                // Of a patient whose list is broken there is no reading.
                _ = try? core.entries(query, by: try hard.session(officer))
            case 13: try change()
            case 14:
                // The audit key of somebody has reached the end of its retention.
                let pseudonym = try pseudonym(patient)
                try core.exclusively { mutable in
                    let key = pseudonym.bytes + bigEndian(2026).suffix(2)
                    mutable.state.setItem(.auditKey, key, nil)
                    try mutable.state.commit()
                    mutable.state.forgetCaches()
                }
            case 15:
                let pseudonym = try pseudonym(patient)
                try core.exclusively { mutable in
                    guard var known = try mutable.state.patient(pseudonym) else { return }
                    known.lastEntry = 1
                    mutable.state.setPatient(pseudonym, known)
                    try mutable.state.commit()
                }
            default: break
            }
        }

        private func read(
            _ who: PrincipalID,
            _ patient: String,
            _ purpose: String,
            _ breakGlass: BreakGlass? = nil
        ) throws {
            var request = ReleaseRequest(
                patient: try #require(PatientDesignation(patient)),
                purposes: [purpose]
            )
            request.breakGlass = breakGlass
            request.context = CallContext(
                device: try pick([nil, "ward-1", "laptop-7"]),
                recordServer: try pick(["records-1", "records-2", nil]),
                automation: try pick([.human, .machine, .unknown])
            )
            let isSession = Bool.random(using: &random)
            let caller = isSession ? sessions[who] : nil
            do {
                _ = try hard.vault.request(
                    request,
                    by: try caller ?? hard.signed(who, request.json)
                )
            } catch GuardError.notAuthenticated {
                // The session has ended meanwhile.
                sessions[who] = nil
            } catch is GuardError where isSession { sessions[who] = nil }
        }

        /// Somebody is disabled and comes back, or other rules decide.
        private func change() throws {
            if Bool.random(using: &random) {
                let body: JSONValue = ["kind": "disable", "principal": .string(snooper.text)]
                try core.disable(
                    snooper,
                    by: try hard.signed(officer, body),
                    context: CallContext()
                )
                hard.clock.advance(5)
                try core.reinstate(
                    snooper,
                    by: try hard.signed(officer, GuardCore.reinstateBody(snooper)),
                    context: CallContext()
                )
                return
            }
            let folder = VaultHarness.project.appending(path: "Policies")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            var files = try PolicySet.ruleFiles(among: names).sorted().map {
                PolicySet.File(
                    name: $0,
                    text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
                )
            }
            if Bool.random(using: &random) { files.removeLast() }
            try core.reload(files, context: CallContext())
        }

        func question() throws -> ScopeComputation {
            let moments = [try pick(times), try pick(times), try pick(times)].sorted()
            let suspicions: [Suspicion] =
                [
                    .principal(snooper), .principal(doctor), .device("laptop-7"),
                    .server("records-2"), .guardHost("guard-1"), .rootKey,
                    .patientKeys([try pseudonym(try pick(patients))]), .organization("none-such"),
                    .lostBackup(taken: moments[0], keys: .elsewhere),
                ] + sessionIDs.suffix(2).map { .session($0) }
            return ScopeComputation(
                window: ScopeWindow(from: moments[0], to: moments[2].advanced(by: .seconds(1))),
                suspicion: try pick(suspicions)
            )
        }
    }

    /// What a scope says, or why there is none.
    private func answer(_ question: ScopeComputation, _ log: AccessLog) throws -> String {
        do {
            let result = try question.run(LoggedHistory(log))
            return "\(result.digest) \(result.entryCount) \(result.doubts)"
        } catch let error as BreachResponseError { return "\(error)" }
    }

    private func compare(_ seed: UInt64, damage: Bool) throws -> Set<String> {
        let hospital = try Hospital(seed: seed)
        var answers: Set<String> = []
        for step in 0..<90 {
            try hospital.live(damage: damage && step > 30)
            guard step % 6 == 5 else { continue }
            let question = try hospital.question()
            let (from, until) = (question.window.from, question.window.to)
            let all = AccessLogQuery(from: from, until: until)
            let some = AccessLogQuery(
                from: from,
                until: until,
                through: AccessFilter(question.suspicion)
            )
            // The walk writes an entry of its own; the oracle comes after it and sees the same window.
            hospital.hard.clock.advance(2)
            let caller = try hospital.hard.session(hospital.officer)
            let fast = try hospital.core.accessLog(some, by: caller, context: CallContext())
            let whole = try hospital.core.accessLog(all, by: caller, context: CallContext())
            let slow = try OracleWalk.accessLog(all, of: try hospital.core)
            let truth = try answer(question, slow)
            #expect(try answer(question, whole) == truth)
            #expect(try answer(question, fast) == truth, "\(question.suspicion)")
            #expect(whole.isVerified == slow.isVerified && fast.isVerified == slow.isVerified)
            #expect(lines(whole) == lines(slow))
            #expect(whole.contexts == slow.contexts && whole.records == slow.records)
            #expect(people(whole) == people(slow))
            #expect(whole.unreadable == slow.unreadable && whole.ends == slow.ends)
            #expect(whole.credentials.count == slow.credentials.count)
            #expect(fast.events.count <= whole.events.count)
            answers.insert(truth)
        }
        return answers
    }

    /// Events as text; the parts of one entry, and so the patients, may stand in another order.
    private func lines(_ log: AccessLog) -> [String] {
        log.events.map { event in
            let patient = log.patients[event.patient].pseudonym
            return "\(event.index) \(event.time) \(event.context) \(patient) \(event.content)"
        }.sorted()
    }

    private func people(_ log: AccessLog) -> [PatientPseudonym: String] {
        Dictionary(
            uniqueKeysWithValues: log.patients.map {
                ($0.pseudonym, "\($0.start) \($0.end) \($0.rotations) \($0.reference ?? "-")")
            }
        )
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `whatever happened, a scope is what the slow walk says`(seed: UInt64) throws {
        #expect(try compare(seed, damage: false).count > 8)
    }

    @Test(arguments: 11...14 as ClosedRange<UInt64>)
    func `also with closed parts and broken back-pointers`(seed: UInt64) throws {
        #expect(try compare(seed, damage: true).count > 8)
    }

    @Test(arguments: [
        "DELETE FROM entries WHERE idx = 6",
        "UPDATE entries SET bytes = zeroblob(90) WHERE idx = 6",
        "UPDATE entries SET bytes = (SELECT bytes FROM entries WHERE idx = 5) WHERE idx = 6",
        "UPDATE nodes SET hash = zeroblob(32) WHERE idx = 9",
    ])
    func `of a log that was altered the scope says so, and nobody is proven not accessed`(
        sql: String
    ) throws {
        let hospital = try Hospital(seed: 3)
        for _ in 0..<12 { try hospital.live(damage: false) }
        let hard = hospital.hard
        let from = hard.clock.now()
        hard.clock.advance(60)
        let question = ScopeComputation(
            window: ScopeWindow(from: from, to: hard.clock.now()),
            suspicion: .rootKey
        )
        func scope() throws -> ScopeResult {
            let caller = try hard.session(hospital.officer)
            let query = AccessLogQuery(
                from: from,
                until: question.window.to,
                through: .only(.device, "ward-1")
            )
            let log = try hospital.core.accessLog(query, by: caller, context: CallContext())
            return try ScopeComputation(
                window: question.window,
                suspicion: .lostBackup(taken: from, keys: .elsewhere)
            ).run(LoggedHistory(log))
        }
        #expect(try scope().notAccessed.count == 5)
        try hard.close()
        try hard.alter(hard.guardPath, sql)
        try hard.reopen()
        let found = try scope()
        #expect(found.notAccessed.isEmpty && found.doubts.contains("the log does not verify"))
    }

    @Test func `who asks about one device learns nothing of the others`() throws {
        let hospital = try Hospital(seed: 8)
        for _ in 0..<60 { try hospital.live(damage: false) }
        let caller = try hospital.hard.session(hospital.officer)
        let query = AccessLogQuery(
            from: try #require(hospital.times.first),
            until: hospital.hard.clock.now().advanced(by: .seconds(1)),
            through: .only(.device, "laptop-7")
        )
        let log = try hospital.core.accessLog(query, by: caller, context: CallContext())
        #expect(log.events.contains { log.contexts[$0.context].device == "laptop-7" })
        #expect(log.contexts.allSatisfy { ["laptop-7", "unknown"].contains($0.device) })
        #expect(log.passedEntries > 0)
        #expect(log.records.count <= Set(log.events.flatMap(\.content.items).map(\.record)).count)
    }
}

extension AccessLog.Content {
    fileprivate var items: [AccessLog.Item] {
        switch self {
        case .disclosure(let items), .stored(let items): items
        case .grant, .other: []
        }
    }
}
