import RPC
import Records
import Roles
import Wire
import Work

extension DailyJob {
    /// Answers `jobs.run_now`: an administrator runs one of the jobs over the own domain, whether or not the day is done.
    /// `method` is the service's own.
    public static func endpoint(
        _ method: Method<RunJobRequest, RunJobResponse>, _ database: Database, _ jobs: [DailyJob]
    ) -> Endpoint {
        Endpoint(method) { call, request async throws(Problem) in
            guard call.caller.has(RoleCatalog.administrator), call.caller.kind != .customer else {
                throw .permissionDenied()
            }
            guard let job = jobs.first(where: { $0.name == request.job }) else {
                let names = jobs.map { "'\($0.name)'" }.joined(separator: ", ")
                throw .invalid(
                    field: RunJobRequest.Field.job,
                    Text(en: "Job must be one of: \(names).", ko: "일일 작업은 다음 중 하나여야 합니다: \(names)."))
            }
            if let setting = job.offUntil {
                throw .failedPrecondition(
                    rule: "JOB_IS_OFF",
                    Text(
                        en: "The job \(job.name) is turned off. The setting \(setting) turns it on.",
                        ko: "'\(job.name)' 일일 작업이 꺼져 있습니다. '\(setting)' 설정으로 켤 수 있습니다."), field: RunJobRequest.Field.job
                )
            }
            var response = RunJobResponse()
            response.job = job.name
            response.records = Int64(
                try await job.runNow(in: call.caller.domain, by: call.caller.subject, database))
            return response
        }
    }
}
