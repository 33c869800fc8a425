package import Foundation
package import Guard
import VaultCore

/// A real Guard over a disk in memory, for whoever wants to talk to one without files.
package enum StandingGuard {
    /// Makes a vault with two patients and its Guard.
    ///
    /// - Parameter policies: The folder with the shipped rules.
    /// - Returns: The Guard, unsealed; its clock stands still.
    /// - Throws: What the Guard throws.
    package static func make(policies: URL) throws -> GuardCore {
        let prepared = try PreparedVault(policies: policies)
        return try GuardCore.unseal(
            storage: SimulatedDisk(prepared.image),
            root: prepared.root,
            vault: prepared.id,
            witnessed: nil,
            policies: prepared.policies,
            limits: .none,
            clock: SettableTime(PreparedVault.beginning.advanced(by: .seconds(60))),
            random: SeededSource(seed: 2)
        )
    }
}
