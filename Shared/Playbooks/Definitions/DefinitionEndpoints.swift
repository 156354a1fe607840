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
            reading(methods["playbook_definitions.get"], of: .definition, definitions.get),
            reading(methods["playbook_definitions.list"], of: .definition, definitions.list),
            reading(methods["playbook_definitions.list_versions"], of: .definition, definitions.versions),
            reading(methods["playbook_definitions.export"], of: .definition, definitions.export),
            reading(methods["playbook_definitions.compare"], of: .definition, definitions.compare),
            reading(methods["playbook_definitions.validate"], of: .definition, definitions.validate),
            reading(methods["playbook_definitions.dry_run"], of: .definition, definitions.dryRun),
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
        return [
            writing(
                methods["activity_definitions.create"], \.requestID,
                trial: \CreateActivityDefinitionRequest.validateOnly, definitions.create),
            writing(
                methods["activity_definitions.update"], \.requestID,
                trial: \UpdateActivityDefinitionRequest.validateOnly, definitions.update),
            writing(methods["activity_definitions.delete"], \.requestID, definitions.delete),
            reading(methods["activity_definitions.get"], of: .activityDefinition, definitions.get),
            reading(methods["activity_definitions.list"], of: .activityDefinition, definitions.list),
        ].compactMap { $0 }
    }
}

/// What a service brings along.
extension Playbooks {
    /// Makes the activity definition of a kind, under its key; called as the kind is, unless `label` says otherwise.
    public func install(
        _ kind: ActivityKind, label: Text? = nil, description: Text? = nil, _ context: RuleContext
    ) throws {
        var definition = ActivityDefinition()
        definition.key = kind.key
        definition.builtIn = kind.key
        definition.label = LocalText(label ?? kind.label)
        definition.description = description.map(LocalText.init)
        _ = try ActivityDefinitions(playbooks: self).make(definition, context)
    }

    /// Makes a playbook of YAML, and activates it.
    public func install(yaml: String, _ context: RuleContext) throws {
        let definitions = PlaybookDefinitions(playbooks: self)
        let file = try PlaybookYAML.read(yaml)
        _ = try definitions.activate(definitions.make(file.key, file.playbook, context), context)
    }
}
