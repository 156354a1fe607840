import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// Answers the requests of administrators that `proto/source/ale/shapes/v1/playbooks.proto` declares.
extension Playbooks {
    /// The endpoints of definitions, out of the methods that the service declares.
    public func definitionEndpoints(_ api: [MethodInfo]) -> [Endpoint] {
        let methods = SharedMethods(api, of: database.service)
        return playbookEndpoints(methods) + editEndpoints(methods) + activityDefinitionEndpoints(methods)
    }

    private func playbookEndpoints(_ methods: SharedMethods) -> [Endpoint] {
        let definitions = PlaybookDefinitions(playbooks: self)
        let table = PlaybookDefinitions.table
        return [
            writing(
                methods["playbook_definitions.create"], \.requestID,
                trial: \CreatePlaybookDefinitionRequest.validateOnly, definitions.create),
            writing(
                methods["playbook_definitions.update"], \.requestID,
                trial: \UpdatePlaybookDefinitionRequest.validateOnly, definitions.update),
            writing(methods["playbook_definitions.delete"], \.requestID, definitions.delete),
            writing(methods["playbook_definitions.activate"], \.requestID, definitions.activate),
            writing(methods["playbook_definitions.retire"], \.requestID, definitions.retire),
            writing(
                methods["playbook_definitions.import"], \.requestID, trial: \ImportPlaybookRequest.validateOnly,
                definitions.importing),
            reading(methods["playbook_definitions.get"], of: table, definitions.get),
            reading(methods["playbook_definitions.list"], of: table, definitions.list),
            reading(methods["playbook_definitions.list_versions"], of: table, definitions.versions),
            reading(methods["playbook_definitions.export"], of: table, definitions.export),
            reading(methods["playbook_definitions.validate"], of: table, definitions.validate),
            reading(methods["playbook_definitions.dry_run"], of: table, definitions.dryRun),
        ].compactMap { $0 }
    }

    private func editEndpoints(_ methods: SharedMethods) -> [Endpoint] {
        let definitions = PlaybookDefinitions(playbooks: self)
        return [
            writing(methods["playbook_definitions.add_lane"], \.requestID, definitions.addLane),
            writing(methods["playbook_definitions.change_lane"], \.requestID, definitions.changeLane),
            writing(methods["playbook_definitions.move_lane"], \.requestID, definitions.moveLane),
            writing(methods["playbook_definitions.remove_lane"], \.requestID, definitions.removeLane),
            writing(methods["playbook_definitions.add_activity"], \.requestID, definitions.addActivity),
            writing(methods["playbook_definitions.change_activity"], \.requestID, definitions.changeActivity),
            writing(methods["playbook_definitions.move_activity"], \.requestID, definitions.moveActivity),
            writing(methods["playbook_definitions.remove_activity"], \.requestID, definitions.removeActivity),
        ].compactMap { $0 }
    }

    private func activityDefinitionEndpoints(_ methods: SharedMethods) -> [Endpoint] {
        let definitions = ActivityDefinitions(playbooks: self)
        let table = ActivityDefinitions.table
        return [
            writing(
                methods["activity_definitions.create"], \.requestID,
                trial: \CreateActivityDefinitionRequest.validateOnly, definitions.create),
            writing(
                methods["activity_definitions.update"], \.requestID,
                trial: \UpdateActivityDefinitionRequest.validateOnly, definitions.update),
            writing(methods["activity_definitions.delete"], \.requestID, definitions.delete),
            reading(methods["activity_definitions.get"], of: table, definitions.get),
            reading(methods["activity_definitions.list"], of: table, definitions.list),
        ].compactMap { $0 }
    }
}

/// What a service brings along.
extension Playbooks {
    /// Makes an activity definition.
    public func install(_ definition: ActivityDefinition, _ context: RuleContext) throws {
        _ = try ActivityDefinitions(playbooks: self).make(definition, context)
    }

    /// Makes a playbook of YAML, and activates it.
    public func install(yaml: String, _ context: RuleContext) throws {
        let definitions = PlaybookDefinitions(playbooks: self)
        let file = try PlaybookYAML.read(yaml)
        _ = try definitions.activate(definitions.make(file.key, file.playbook, context), context)
    }
}
