import RPC

/// The page that shows every part of the design, for whoever makes or changes a page.
enum DesignPage: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/design") { visit async throws(Problem) in
            .page(Page(template: "design", title: visit.say("Design of the workspace", "작업 공간 디자인"), values: Values()))
        }
    }
}
