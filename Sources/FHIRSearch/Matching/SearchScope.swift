public import FHIRModel

/// The resources among which a search is answered: exactly those its reader may see.
///
/// Chains, reverse chains and inclusions look nowhere else; so no answer depends on anything hidden.
public protocol SearchScope {
    /// How a resource is named while a search runs.
    associatedtype Place: Hashable

    /// The resources of a type, in the order of storing.
    ///
    /// - Parameter type: Resource type.
    /// - Returns: Their places.
    func places(of type: ResourceType) -> [Place]

    /// The JSON of a resource.
    ///
    /// - Parameter place: One of ``places(of:)`` or ``place(type:id:)``.
    /// - Returns: Its root.
    /// - Throws: What reading it throws.
    func root(at place: Place) throws -> JSONNode

    /// Finds a resource.
    ///
    /// - Parameters:
    ///   - type: Resource type.
    ///   - id: Logical id.
    /// - Returns: `nil` for what is hidden or not there.
    /// - Throws: What looking for it throws.
    func place(type: ResourceType, id: String) throws -> Place?
}
