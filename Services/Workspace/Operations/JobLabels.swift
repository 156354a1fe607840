import Wire

/// What people call the daily jobs and the queues of the services.
enum JobLabels {
    private static let jobs: [String: Text] = [
        "renewal-dates": Text(en: "Renewal dates of engagements", ko: "참여의 갱신일"),
        "missed-milestones": Text(en: "Milestones that were missed", ko: "미달성 마일스톤"),
        "scorecard-snapshots": Text(en: "Figures of the scorecards", ko: "스코어카드 수치"),
        "renewal-watch": Text(en: "Internal plays before renewals", ko: "갱신 전 내부 플레이"),
        "renewal-opportunities": Text(en: "Opportunities for renewals", ko: "갱신 영업 기회"),
        "published-rows": Text(en: "Rows that were published long ago", ko: "오래전에 게시한 행"),
        "staging-backup": Text(en: "Backup of staged rows", ko: "스테이징 데이터 백업"),
        "expired-exports": Text(en: "Exported files that have run out", ko: "만료된 내보내기 파일"),
        "expired-firings": Text(en: "Firings of triggers long ago", ko: "오래된 트리거 실행 기록"),
        "onboarding-cards": Text(en: "Figures of the onboarding cards", ko: "온보딩 카드 수치"),
        "sign-in-cleaning": Text(en: "Sessions and links that have run out", ko: "만료된 세션과 링크"),
    ]

    private static let queues: [String: Text] = [
        "import_run_work": Text(en: "Runs of imports", ko: "가져오기 실행"),
        "staging_backup_work": Text(en: "Backups of staged rows", ko: "스테이징 데이터 백업"),
        "mail_queue": Text(en: "E-mails", ko: "이메일"),
        "flow_execution": Text(en: "Runs of plays", ko: "플레이 실행"),
        "firing_work": Text(en: "Plays that triggers launch", ko: "트리거가 시작하는 플레이"),
        "playbook_call": Text(en: "Activities that ask other services", ko: "다른 서비스를 호출하는 활동"),
        "playbook_migration_call": Text(en: "Runs that go to a new version", ko: "새 버전으로 이동하는 실행"),
        "date_move_call": Text(en: "Moves of dates", ko: "날짜 변경"),
        "consumer_handshake": Text(en: "Registrations of Service Bridge", ko: "Service Bridge 등록"),
        "forgotten_password": Text(en: "Passwords that were forgotten", ko: "비밀번호 재설정 요청"),
    ]

    /// A job; by its name where nobody has given it another.
    static func job(_ name: String) -> Text { jobs[name] ?? Text(en: name, ko: name) }

    /// A queue.
    static func queue(_ name: String) -> Text { queues[name] ?? Text(en: name, ko: name) }
}
