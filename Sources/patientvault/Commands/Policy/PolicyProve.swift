internal import ArgumentParser
internal import Consent
internal import VaultCore

struct PolicyProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Checks the statements of invariants.yaml over all points of domain.yaml.",
        discussion:
            "Exits with 4 where one does not hold, and shows a smallest point where it fails."
    )

    @Argument(help: "The folder; default the shipped one.") var folder: String?
    @Option(help: ArgumentHelp("Write each statement for an SMT solver here.", valueName: "dir"))
    var smt: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
        let policies = try folder.map(PolicyFolder.init) ?? PolicyFolder.shipped()
        let prover = try policies.prover()
        if let smt { try export(prover, to: smt) }
        let clock = ContinuousClock()
        let started = clock.now
        let decided = prover.run()
        let walked = clock.now - started
        var results: [(proof: Proof, took: Duration)] = []
        for number in 0..<prover.count {
            let start = clock.now
            let proof = decided.prove(number)
            results.append((proof, clock.now - start))
        }
        let took = clock.now - started
        report(results, prover, took: took)
        if !output.terminal.isJSON { argue(decided.walkCount, walked) }
        if !results.allSatisfy(\.proof.isProved) {
            throw ExitCode(ExitStatus.integrityFailure.rawValue)
        }
    }

    private func export(_ prover: Prover, to folder: String) throws {
        try Files.makeFolder(folder)
        for number in 0..<prover.count {
            let path = "\(folder)/\(prover.id(number)).smt2"
            try Files.replace(path, Array(prover.smt(number).utf8))
        }
    }

    private func report(
        _ results: [(proof: Proof, took: Duration)],
        _ prover: Prover,
        took: Duration
    ) {
        let terminal = output.terminal
        let failed = results.filter { !$0.proof.isProved }
        if terminal.isJSON {
            terminal.answer([
                "ok": .bool(failed.isEmpty), "points": .string(Self.count(prover.pointCount)),
                "milliseconds": .int(Int64(Self.milliseconds(took).rounded(.up))),
                "statements": .array(results.map { Self.json($0.proof, $0.took) }),
            ])
            return
        }
        for (proof, took) in results {
            let mark = proof.isProved ? terminal.paint.green("holds") : terminal.paint.red("fails")
            terminal.say(
                "\(mark)  \(proof.id): \(proof.title)\n"
                    + "       \(Self.count(proof.pointCount)) points, \(Self.time(took))"
            )
            if let facts = proof.counterexample {
                terminal.say("       for example: " + facts.joined(separator: "; "))
            } else if proof.pointCount == 0 {
                terminal.say("       no point of the domain has its premise")
            }
        }
        terminal.say(
            "\(results.count - failed.count) of \(Words.count(results.count, "statement")) hold at "
                + "all \(Self.count(prover.pointCount)) points; \(Self.time(took))"
        )
    }

    /// Why the answer is one for all points.
    private func argue(_ walkCount: Int, _ took: Duration) {
        let terminal = output.terminal
        terminal.say(
            "  all points were decided in \(Words.count(walkCount, "walk")) through the layers, "
                + "\(Self.time(took))"
        )
        for argument in Prover.arguments { terminal.say("  because \(argument)") }
    }

    private static func json(_ proof: Proof, _ took: Duration) -> JSONValue {
        [
            "id": .string(proof.id), "title": .string(proof.title), "holds": .bool(proof.isProved),
            "points": .string(count(proof.pointCount)),
            "microseconds": .int(Int64((milliseconds(took) * 1_000).rounded())),
            "counterexample": proof.counterexample.map { .strings($0) } ?? .null,
        ]
    }

    private static func milliseconds(_ took: Duration) -> Double { took / .milliseconds(1) }

    /// With one decimal: most statements take less than a millisecond.
    private static func time(_ took: Duration) -> String {
        "\(Double(Int(milliseconds(took) * 10)) / 10) ms"
    }

    /// `3.1e23`, or the number itself below a million.
    private static func count(_ number: Double) -> String {
        if number < 1_000_000 { return "\(Int64(number))" }
        var digits = number
        var power = 0
        while digits >= 10 {
            digits /= 10
            power += 1
        }
        return "\(Double(Int(digits * 100)) / 100)e\(power)"
    }
}
