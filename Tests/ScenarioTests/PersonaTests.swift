import JourneyKit
import Roles
import Testing

/// The people of the journey are those that the roles' table tells of.
@Suite struct PersonaTests {
    @Test(arguments: RoleCatalog.all.filter { $0.kind == .persona })
    func theJourneyHasEachPersona(role: Role) {
        let roles = Set(role.closure).subtracting([role.name])
        let known = Persona.allCases.filter { RoleCatalog.close($0.roles) == roles }
        #expect(known.contains { ($0.customerResponsibility != nil) == role.isExternal }, "\(role.name)")
    }
}
