import BreachResponse
import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

struct ScopeCertificateTests {
    /// Stands for a real signature: only who knows the key can make it.
    private static func sign(_ key: String, _ message: [UInt8]) -> [UInt8] {
        TreeHasher.leafHash(Array(key.utf8) + message).bytes
    }

    private static func isValid(_ key: String, _ message: [UInt8], _ signature: [UInt8]) -> Bool {
        ["key-p", "key-s"].contains(key) && sign(key, message) == signature
    }

    private static func signed(_ certificate: ScopeCertificate) throws -> ScopeCertificate {
        var signed = certificate
        for (name, key) in [("petra", "key-p"), ("sven", "key-s")] {
            let principal = try #require(PrincipalID(name))
            let message = certificate.message(principal: principal, role: "officer")
            signed.add(
                ScopeCertificate.Signature(
                    principal: principal,
                    role: "officer",
                    key: key,
                    bytes: sign(key, message)
                )
            )
        }
        return signed
    }

    private static func sample() throws -> ScopeCertificate {
        var world = ScopeTests.quiet(3)
        world.events = [
            AccessEvent(
                index: 20,
                time: World.time(200),
                context: 0,
                kind: .disclosure(patient: 0, items: [ScopeTests.item(1)])
            ),
            AccessEvent(
                index: 21,
                time: World.time(300),
                context: 0,
                kind: .stored(patient: 1, items: [ScopeTests.item(2)])
            ),
        ]
        world.countHeads()
        return ScopeCertificate(
            try ScopeTests.question.run(world),
            incident: "INC-1",
            version: 1,
            previous: nil,
            made: World.time(2000)
        )
    }

    @Test func `a certificate reads back and is accepted`() throws {
        let certificate = try Self.signed(try Self.sample())
        let read = try ScopeCertificate(certificate.encoded)
        #expect(read == certificate)
        #expect(read.verify(isValid: Self.isValid).problems.isEmpty)
    }

    @Test func `every altered byte is found`() throws {
        let bytes = try Self.signed(try Self.sample()).encoded
        var accepted: [Int] = []
        for place in bytes.indices {
            var altered = bytes
            altered[place] ^= [1, 0x20, 0x80][place % 3]
            guard let read = try? ScopeCertificate(altered) else { continue }
            if read.verify(isValid: Self.isValid).isAccepted { accepted.append(place) }
        }
        #expect(accepted.isEmpty)
        for count in [0, 1, bytes.count / 2, bytes.count - 1] {
            #expect(throws: BreachResponseError.self) {
                try ScopeCertificate(Array(bytes.prefix(count)))
            }
        }
    }

    @Test func `a signed lie about the sets is found all the same`() throws {
        let honest = try Self.sample()
        let text = honest.document.text
        let lies: [(String, String)] = [
            (#""couldHave":{"count":1"#, #""couldHave":{"count":2"#),
            (#""patients":3"#, #""patients":4"#), (#""verified":true"#, #""verified":false"#),
            (
                #""begins":"\#(World.time(0))""#, #""begins":"\#(World.time(101))""#
            ),
            (#""gaps":[]"#, #""gaps":[{"from":"\#(World.time(0))","to":"\#(World.time(200))"}]"#),
            (World.pseudonym(2).description, World.pseudonym(0).description),
        ]
        for (from, to) in lies {
            let changed = text.replacing(from, with: to)
            #expect(changed != text, "\(from)")
            let document = try Self.withItsDigest(try #require(JSONValue(parsing: changed)))
            let file: JSONValue = ["certificate": document, "signatures": []]
            let forged = try Self.signed(try ScopeCertificate(file.bytes))
            let problems = forged.verify(isValid: Self.isValid).problems
            #expect(!problems.isEmpty && !problems.contains { $0.contains("digest") }, "\(from)")
        }
    }

    /// What a careful forger does: the digest fits the lie.
    private static func withItsDigest(_ document: JSONValue) throws -> JSONValue {
        let head = ["type", "incident", "version", "previous", "made", "resultDigest"]
        var members = try #require(document.object)
        let answer = JSONValue.object(members.filter { !head.contains($0.key) })
        let place = try #require(members.firstIndex { $0.key == "resultDigest" })
        members[place].value = .string(TreeHasher.leafHash(answer.bytes).description)
        return .object(members)
    }

    @Test func `two different persons with different keys must sign`() throws {
        let certificate = try Self.sample()
        #expect(!certificate.verify(isValid: Self.isValid).isAccepted)
        #expect(certificate.verify(persons: 0, isValid: Self.isValid).isAccepted)
        let pair = try Self.signed(certificate).signatures
        var twice = certificate
        twice.add(pair[0])
        twice.add(pair[0])
        #expect(!twice.verify(isValid: Self.isValid).isAccepted)
        var alias = certificate
        alias.add(pair[0])
        let other = try #require(PrincipalID("other"))
        let message = alias.message(principal: other, role: "officer")
        alias.add(
            ScopeCertificate.Signature(
                principal: other,
                role: "officer",
                key: "key-p",
                bytes: Self.sign("key-p", message)
            )
        )
        #expect(!alias.verify(isValid: Self.isValid).isAccepted)
    }

    @Test func `a second run gives the same digest whatever the order of its lists`() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<60 {
            let world = RandomWorld.make(&random)
            let shuffled = Self.shuffled(world, &random)
            let first = try ScopeTests.question.run(world)
            let second = try ScopeTests.question.run(shuffled)
            #expect(first.digest == second.digest)
            let later = ScopeCertificate(
                second,
                incident: "INC-2",
                version: 2,
                previous: first.digest,
                made: World.time(9000)
            )
            #expect(later.resultDigest == first.digest)
        }
    }

    /// The same world with patients and contexts in another order.
    private static func shuffled(_ world: World, _ random: inout SeededRandom) -> World {
        let patients = Array(world.patients.indices).shuffled(using: &random)
        let contexts = Array(world.contexts.indices).shuffled(using: &random)
        func place(_ order: [Int], _ old: Int) -> Int { order.firstIndex(of: old) ?? old }
        var other = world
        other.patients = patients.map { world.patients[$0] }
        other.contexts = contexts.map { world.contexts[$0] }
        other.counted = patients.map { world.counted[$0] }
        for index in other.events.indices {
            let old = world.events[index]
            other.events[index].context = place(contexts, old.context)
            let patient = place(patients, old.patient)
            switch old.kind {
            case .grant(let grant, _, let segments, let end):
                other.events[index].kind = .grant(
                    grant,
                    patient: patient,
                    segments: segments,
                    end: end
                )
            case .disclosure(_, let items):
                other.events[index].kind = .disclosure(patient: patient, items: items)
            case .stored(_, let items):
                other.events[index].kind = .stored(patient: patient, items: items)
            case .other: other.events[index].kind = .other(patient: patient)
            }
        }
        for index in other.credentials.indices {
            other.credentials[index].context = place(contexts, world.credentials[index].context)
            other.reaches[index] = world.reaches[index]?.map {
                SegmentReach(patient: place(patients, $0.patient), segments: $0.segments)
            }
        }
        return other
    }

    @Test func `versions differ by who moved`() throws {
        let first = try Self.sample()
        var world = ScopeTests.quiet(3)
        world.events = [
            AccessEvent(
                index: 20,
                time: World.time(200),
                context: 0,
                kind: .disclosure(patient: 1, items: [ScopeTests.item(1)])
            )
        ]
        world.countHeads()
        let second = ScopeCertificate(
            try ScopeTests.question.run(world),
            incident: "INC-1",
            version: 2,
            previous: first.resultDigest,
            made: World.time(3000)
        )
        let difference = second.difference(from: first)
        let one = World.pseudonym(1).description
        let zero = World.pseudonym(0).description
        #expect(difference["accessed"]?["added"]?.stringArray == [one])
        #expect(difference["accessed"]?["removed"]?.stringArray == [zero])
        #expect(difference["couldHave"]?["removed"]?.stringArray == [one])
        #expect(difference["notAccessed"]?["added"]?.stringArray == [zero])
    }
}
