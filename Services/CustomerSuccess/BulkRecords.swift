import Records
import Wire

// The requests that create and change many of these records at once.

extension Engagement: BulkRecord {
    public typealias BatchCreation = BatchCreateEngagementsRequest
    public typealias BatchModification = BatchUpdateEngagementsRequest
}

extension EngagementContract: BulkRecord {
    public typealias BatchCreation = BatchCreateEngagementContractsRequest
    public typealias BatchModification = BatchUpdateEngagementContractsRequest
}

extension SquadMember: BulkRecord {
    public typealias BatchCreation = BatchCreateSquadMembersRequest
    public typealias BatchModification = BatchUpdateSquadMembersRequest
}

extension SuccessObjective: BulkRecord {
    public typealias BatchCreation = BatchCreateSuccessObjectivesRequest
    public typealias BatchModification = BatchUpdateSuccessObjectivesRequest
}

extension SuccessOutcome: BulkRecord {
    public typealias BatchCreation = BatchCreateSuccessOutcomesRequest
    public typealias BatchModification = BatchUpdateSuccessOutcomesRequest
}

extension SuccessInitiative: BulkRecord {
    public typealias BatchCreation = BatchCreateSuccessInitiativesRequest
    public typealias BatchModification = BatchUpdateSuccessInitiativesRequest
}

extension SuccessCase: BulkRecord {
    public typealias BatchCreation = BatchCreateSuccessCasesRequest
    public typealias BatchModification = BatchUpdateSuccessCasesRequest
}

extension SuccessTask: BulkRecord {
    public typealias BatchCreation = BatchCreateSuccessTasksRequest
    public typealias BatchModification = BatchUpdateSuccessTasksRequest
}

extension Touchpoint: BulkRecord {
    public typealias BatchCreation = BatchCreateTouchpointsRequest
    public typealias BatchModification = BatchUpdateTouchpointsRequest
}

extension InternalPlay: BulkRecord {
    public typealias BatchCreation = BatchCreateInternalPlaysRequest
    public typealias BatchModification = BatchUpdateInternalPlaysRequest
}

extension InternalPlayTask: BulkRecord {
    public typealias BatchCreation = BatchCreateInternalPlayTasksRequest
    public typealias BatchModification = BatchUpdateInternalPlayTasksRequest
}

extension RiskSignal: BulkRecord {
    public typealias BatchCreation = BatchCreateRiskSignalsRequest
    public typealias BatchModification = BatchUpdateRiskSignalsRequest
}

extension RiskSignalSolution: BulkRecord {
    public typealias BatchCreation = BatchCreateRiskSignalSolutionsRequest
    public typealias BatchModification = BatchUpdateRiskSignalSolutionsRequest
}
