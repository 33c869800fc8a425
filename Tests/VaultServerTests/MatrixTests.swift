import Foundation
import Synchronization
import Testing

@testable import VaultServer

/// Every route and method by everybody who might ask, as docs/authorization.md says it.
///
/// `VAULT_PRINT_MATRIX=1` prints what came as the table of that page.
struct MatrixTests {
    private let table: MatrixTable

    init() throws {
        table = MatrixTable(parsing: try String(contentsOf: MatrixTable.file, encoding: .utf8))
    }

    @Test func `every route of the server is asked, and every row of the table`() {
        let asked = MatrixRequest.all.flatMap { request in
            request.methods.compactMap { method -> Route? in
                let path = request.path(.sample).prefix { $0 != "?" }
                guard case .found(let match) = RouteMatch.find(method: method, path: String(path))
                else {
                    Issue.record("\(method) \(request.address) is no route")
                    return nil
                }
                return match.route
            }
        }
        #expect(Set(asked) == Set(Route.all))
        #expect(table.rows == MatrixTable.names)
        for row in table.cells.values {
            #expect(Set(row.keys) == Set(MatrixActor.columns))
            #expect(row.values.allSatisfy { $0.wholeMatch(of: /[1-5][0-9]{2}∅?/) != nil })
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: MatrixActor.allCases)
    func `everybody gets from every route what the table says, and nothing hidden shows`(
        actor: MatrixActor
    ) throws {
        let world = try MatrixWorld(actor)
        var column: [String: String] = [:]
        for request in MatrixRequest.all {
            for subject in request.subjects {
                column[request.name(subject)] = try world.cell(request, subject)
            }
        }
        column[MatrixTable.otherMethods] = world.cellOfOtherMethods()
        column[MatrixTable.otherAddresses] = world.cellOfOtherAddresses()
        for (name, cell) in column {
            #expect(table.cells[name]?[actor.column] == cell, "\(name): \(cell) came")
        }
        guard ProcessInfo.processInfo.environment["VAULT_PRINT_MATRIX"] != nil else { return }
        Self.printed.withLock { columns in
            columns[actor] = column
            if columns.count == MatrixActor.allCases.count { print(MatrixTable.text(columns)) }
        }
    }

    /// Columns that came, for the printed table.
    private static let printed = Mutex<[MatrixActor: [String: String]]>([:])
}

extension MatrixTarget {
    /// Names of the right form, of nothing.
    fileprivate static let sample = MatrixTarget(
        patient: "p",
        visit: "v",
        entry: "entry-1",
        job: "j",
        file: "0.Encounter.ndjson",
        subscription: "s"
    )
}
