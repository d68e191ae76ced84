/// All tests, as one value.
module BitcoinSock.Properties.Program

open System.Diagnostics
open System.Threading
open Expecto

/// What mostly waits runs beside the rest. What is timed, counts descriptors of the process, or
/// takes the console runs after it, alone.
let private tests =
    testList
        "BitcoinSock.Properties"
        [
            KitTests.tests
            WrongBackendTests.tests
            OperationProperties.tests
            AsyncProperties.tests
            CanaryTests.tests
            FrameProperties.tests
            FrameCanaries.tests
            Regressions.tests
            Exhaustive.tests
            CoverageTests.tests
            WaitProperties.tests
            PollerProperties.tests
            PollerTurns.tests
            ConsumerTests.tests
            ReportTests.tests
            PeerTests.tests
            ShimTests.tests
            testSequenced KitTests.timed
            testSequenced WrongBackendTests.timed
            testSequenced OwnershipProperties.tests
            testSequenced ShimTests.alone
            testSequenced SockcheckTests.tests
        ]

[<EntryPoint>]
let main words =
    // What computes gives way to what measures: the unit tests run beside it.
    Process.GetCurrentProcess().PriorityClass <- ProcessPriorityClass.BelowNormal
    // Tests block their threads: the pool must not be slow to make new ones.
    ThreadPool.SetMinThreads(32, 8) |> ignore
    Platform.run [ Parallel_Workers 16; Fail_On_Focused_Tests ] words tests
