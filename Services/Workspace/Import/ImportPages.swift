import Hummingbird
import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// An import task, one step at a time: upload, match, check, fix, plan, publish. Of customers the same addresses show the page
/// of the portal.
enum ImportPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/imports/:id") { visit async throws(Problem) in
            if visit.person?.isCustomer == true { return .moved(to: PortalPages.href("import_task", visit.part("id"))) }
            return .page(try await ImportView(visit).page())
        }
        pages.get("/imports/:id/run") { visit async throws(Problem) in try await ImportView(visit).runFragment() }
        pages.get("/imports/:id/block") { visit async throws(Problem) in try await ImportGrid(visit).block() }
        pages.get("/imports/:id/template") { visit async throws(Problem) in
            .response(try await ImportFiles(visit).template())
        }
        pages.get("/imports/:id/errors") { visit async throws(Problem) in
            .response(try await ImportFiles(visit).errors())
        }
        pages.get("/imports/:id/lineage") { visit async throws(Problem) in .page(try await LineagePage.page(visit)) }
        pages.receive("/imports/:id/files") { visit async throws(Problem) in
            (ImportFiles(visit).target(), .moved(to: "\(href(visit))?done=sent"))
        }
        ImportDetails.add(to: pages)
        ImportHelp.add(to: pages)
        addLoading(to: pages)
        addFixing(to: pages)
        addPublishing(to: pages)
    }

    /// The address of the page.
    static func href(_ visit: Visit) -> String { "/imports/\(Fields.encoded(visit.part("id")))" }

    private static func write(
        _ visit: Visit, step: String, _ write: () async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        if visit.person?.isCustomer == true {
            return try await Work.write(PortalPages.href(ImportTask.schema.table, visit.part("id")), write) {
                (problem) async throws(Problem) in
                try await PortalImportPages.page(visit, id: visit.part("id"), refused: problem)
            }
        }
        return try await Work.lead { () async throws(Problem) in
            let done = try await write()
            return "\(href(visit))?step=\(step)&done=\(done.rawValue)"
        } refused: { (problem) async throws(Problem) in
            try await ImportView(visit, step: step, refused: problem).page()
        }
    }

    private static func addLoading(to pages: Pages) {
        pages.post("/imports/:id/load") { visit async throws(Problem) in
            let uploads = visit.form.all("upload")
            if visit.form["do"] == "match" {
                return .moved(
                    to: "\(href(visit))?step=match" + uploads.map { "&upload=\(Fields.encoded($0))" }.joined())
            }
            return try await write(visit, step: "upload") { () async throws(Problem) in
                var request = ImportUploadsRequest()
                request.id = visit.part("id")
                request.uploads = uploads
                _ = try await visit.ask(ImportValidationAPI.importUploads, request)
                return .loaded
            }
        }
        pages.post("/imports/:id/match") { visit async throws(Problem) in
            // Nothing is written: the file is looked at anew, with what was chosen by hand.
            if visit.form["do"] == "look" { return .page(try await ImportView(visit, step: "match").page()) }
            return try await write(visit, step: "match") { () async throws(Problem) in
                _ = try await visit.ask(ImportValidationAPI.importUploads, ImportMatch.request(visit))
                return .loaded
            }
        }
        pages.post("/imports/:id/start-over") { visit async throws(Problem) in
            try await write(visit, step: "upload") { () async throws(Problem) in
                try await ImportStartOver.carryOut(visit)
            }
        }
        pages.post("/imports/:id/runs/:run/cancel") { visit async throws(Problem) in
            try await write(visit, step: "upload") { () async throws(Problem) in
                var request = CancelImportRunRequest()
                request.id = visit.part("run")
                _ = try await visit.ask(ImportValidationAPI.cancelImportRun, request)
                return .runCanceled
            }
        }
    }

    private static func addFixing(to pages: Pages) {
        pages.post("/imports/:id/rows/:row") { visit async throws(Problem) in try await ImportCorrections(visit).save()
        }
        pages.post("/imports/:id/cells/:row") { visit async throws(Problem) in
            try await ImportCorrections(visit).saveCell()
        }
        pages.post("/imports/:id/corrections/:change/undo") { visit async throws(Problem) in
            try await ImportCorrections(visit).takeBack()
        }
        pages.post("/imports/:id/replace") { visit async throws(Problem) in
            try await write(visit, step: "fix") { () async throws(Problem) in
                try await ImportReplace.carryOut(visit)
            }
        }
        pages.post("/imports/:id/validate") { visit async throws(Problem) in
            try await write(visit, step: "fix") { () async throws(Problem) in
                var request = ValidateRowsRequest()
                request.id = visit.part("id")
                _ = try await visit.ask(ImportValidationAPI.validateRows, request)
                return .sent
            }
        }
    }

    private static func addPublishing(to pages: Pages) {
        pages.post("/imports/:id/plan") { visit async throws(Problem) in
            try await write(visit, step: "plan") { () async throws(Problem) in
                var request = PlanImportRequest()
                request.id = visit.part("id")
                request.allReady = true
                _ = try await visit.ask(ImportValidationAPI.planImport, request)
                return .sent
            }
        }
        pages.post("/imports/:id/publish") { visit async throws(Problem) in
            try await write(visit, step: "publish") { () async throws(Problem) in
                var request = PublishStagingRowsRequest()
                request.id = visit.part("id")
                request.plan = visit.form[PublishStagingRowsRequest.Field.plan]
                _ = try await visit.ask(
                    ImportValidationAPI.publishStagingRows, request, requestID: "publish-\(request.plan)")
                return .published
            }
        }
        pages.post("/imports/:id/runs/:run/undo") { visit async throws(Problem) in
            try await write(visit, step: "publish") { () async throws(Problem) in
                var request = UndoPublicationRequest()
                request.id = visit.part("id")
                request.importRun = visit.part("run")
                request.stagingRows = visit.form.all("record")
                guard visit.form["do"] != "chosen" || !request.stagingRows.isEmpty else {
                    throw .invalid(
                        field: UndoPublicationRequest.Field.stagingRows,
                        Text(en: "Choose the rows to undo first.", ko: "먼저 실행 취소할 행을 선택하세요."))
                }
                _ = try await visit.ask(ImportValidationAPI.undoPublication, request)
                return .undone
            }
        }
    }
}
