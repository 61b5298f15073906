import ArgumentParser
import BgdemoCore
import BgdemoTelemetry
import Logging
import RedisClient
import ServiceLifecycle

/// Assembles the services that one process of `serve` runs.
struct ServiceAssembly: Sendable {
    let command: ServeCommand
    let environment: EnvironmentVariables
    let configuration: ServeConfiguration
    let context: StrategyContext
    let redis: RedisEndpoint?
    let transport: MailTransport
    let reporting: Reporting

    /// The warnings that follow the startup line.
    var warnings: [String] { command.unusedOptions(configuration.descriptor, configuration.role) }

    /// The services stop in the reverse order: the web server before the workers.
    func services() async throws -> [any Service] {
        let descriptor = configuration.descriptor
        if configuration.isMaster, let master = descriptor.master {
            return [try await master.makeMaster(context, masterContext)]
        }
        let isOriginal = configuration.work.semantics == .original
        let make = isOriginal ? descriptor.makeOriginal ?? descriptor.make : descriptor.make
        let strategy = try await make(context)
        context.tracker.statuses = strategy.statuses ?? MailStatusMemory()
        if context.master == nil { logUnreadiness(of: strategy) }
        let (web, line) = try await web(strategy)
        let startupLine = StartupLine { [reporting, warnings] in reporting.announce(line, warnings: warnings) }
        let worker =
            configuration.works
            ? WorkerService(strategy: strategy, deadline: configuration.deadline, startupLine: startupLine) : nil
        let signals = configuration.works ? await workerSignals(of: strategy) : nil
        let all: [(any Service)?] = [startupLine, signals, worker, web, context.master]
        return all.compactMap { $0 }
    }

    private func workerSignals(of strategy: any Strategy) async -> WorkerSignalService? {
        guard let actions = strategy.workerSignals else { return nil }
        return await WorkerSignalService(actions, logger: context.logger)
    }

    /// Says at the start what the strategy lacks, such as a right in Redis.
    private func logUnreadiness(of strategy: any Strategy) {
        Task { [logger = context.logger, outage = redis?.options.outageLogger] in
            do throws(AcceptError) {
                try await strategy.check()
            } catch {
                // An outage is logged already.
                guard outage?.isReporting != true else { return }
                logger.error("This process is not ready to work", metadata: ["reason": "\(error.reason)"])
            }
        }
    }

    // MARK: The end

    /// Waits for the mails under way, for as long as a graceful stop may take.
    func finishMails() async {
        let deadline = configuration.deadline
        await withTaskGroup { group in
            group.addTask { await context.tracker.waitUntilIdle() }
            group.addTask { try? await Task.sleep(for: deadline.left) }
            await group.next()
            await closeTransport(within: deadline.left)
            group.cancelAll()
        }
    }

    /// Logs the mails that are still under way, since nothing else does, and ends them.
    func closeTransport(within limit: Duration) async {
        let left = context.tracker.inFlight
        if left > 0 {
            context.logger.warning(
                "The time to stop gracefully ran out before all mails were sent", metadata: ["mails": "\(left)"])
        }
        await transport.close(within: limit)
    }
}
