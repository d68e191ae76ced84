/// Expecto's tests, told to Microsoft.Testing.Platform: what "dotnet test" and editors talk to.
module BitcoinSock.Properties.Platform

open System
open System.Collections.Generic
open System.Reflection
open System.Threading.Tasks
open Expecto
open Expecto.Impl
open Microsoft.Testing.Extensions
open Microsoft.Testing.Extensions.TrxReport.Abstractions
open Microsoft.Testing.Platform.Builder
open Microsoft.Testing.Platform.Capabilities.TestFramework
open Microsoft.Testing.Platform.Extensions
open Microsoft.Testing.Platform.Extensions.Messages
open Microsoft.Testing.Platform.Extensions.TestFramework
open Microsoft.Testing.Platform.Helpers
open Microsoft.Testing.Platform.Requests

#nowarn 57 // the filter by tree is marked as experimental

let private assembly = Assembly.GetExecutingAssembly()

/// Whether results are to be reported in a file (--report-trx).
type private Trx() =
    let mutable isAsked = false
    member _.IsAsked = isAsked

    interface ITrxReportCapability with
        member _.IsSupported = true
        member _.Enable() = isAsked <- true

type private Framework(options, tests: Test, trx: Trx) =
    let codes =
        lazy (dict [ for each in Test.toTestCodeList tests -> String.concat "/" each.name, each ])

    let locate = getLocation assembly

    /// A test as the platform sees it: lists are its types, the last name is its method.
    let node (name: string) (properties: IProperty list) =
        let words = name.Split '/'
        let owner = String.Join('.', words, 0, words.Length - 1)

        let bag =
            PropertyBag
                [|
                    yield! properties

                    TestMethodIdentifierProperty(
                        string assembly.FullName,
                        "",
                        owner,
                        Array.last words,
                        0,
                        [||],
                        "System.Void"
                    )
                    :> IProperty

                    match codes.Value.TryGetValue name with
                    | true, each ->
                        match locate each.test with
                        | place when place.sourcePath <> "" ->
                            let line = LinePosition(place.lineNumber, 0)
                            TestFileLocationProperty(place.sourcePath, LinePositionSpan(line, line))
                        | _ -> ()
                    | _ -> ()

                    if trx.IsAsked then
                        TrxFullyQualifiedTypeNameProperty owner
                |]

        TestNode(Uid = TestNodeUid name, DisplayName = name, Properties = bag)

    let isAsked (filter: ITestExecutionFilter) =
        match filter with
        | :? TestNodeUidListFilter as listed ->
            let names = HashSet [ for uid in listed.TestNodeUids -> uid.Value ]
            fun (words: string list) -> names.Contains(String.concat "/" words)
        | :? TreeNodeFilter as tree ->
            fun words ->
                let path =
                    [ string (assembly.GetName().Name); yield! words ]
                    |> List.map Uri.EscapeDataString

                tree.MatchesFilter("/" + String.concat "/" path, PropertyBag())
        | _ -> fun _ -> true

    interface IExtension with
        member _.Uid = "BitcoinSock.Expecto"
        member _.Version = "1.0.0"
        member _.DisplayName = "Expecto"
        member _.Description = "Runs Expecto's tests"
        member _.IsEnabledAsync() = Task.FromResult true

    interface IDataProducer with
        member _.DataTypesProduced = [| typeof<TestNodeUpdateMessage> |]

    interface ITestFramework with
        member _.CreateTestSessionAsync _ =
            Task.FromResult(CreateTestSessionResult(IsSuccess = true))

        member _.CloseTestSessionAsync _ =
            Task.FromResult(CloseTestSessionResult(IsSuccess = true))

        member framework.ExecuteRequestAsync context =
            task {
                let publish name properties =
                    let session = context.Request.Session.SessionUid
                    let message = TestNodeUpdateMessage(session, node name properties)

                    context.MessageBus.PublishAsync(framework, message) |> Async.AwaitTask

                match context.Request with
                | :? DiscoverTestExecutionRequest as request ->
                    let asked = isAsked request.Filter

                    for each in Test.toTestCodeList tests do
                        if asked each.name then
                            do!
                                publish
                                    (String.concat "/" each.name)
                                    [ DiscoveredTestNodeStateProperty.CachedInstance ]
                | :? RunTestExecutionRequest as request ->
                    let ended name (took: TimeSpan) (state: IProperty) =
                        let now = DateTimeOffset.UtcNow
                        publish name [ state; TimingProperty(TimingInfo(now - took, now, took)) ]

                    let printer =
                        { TestPrinters.silent with
                            beforeEach =
                                fun name _ ->
                                    publish name [ InProgressTestNodeStateProperty.CachedInstance ]
                            passed =
                                fun name took ->
                                    ended name took PassedTestNodeStateProperty.CachedInstance
                            ignored =
                                fun name why ->
                                    ended name TimeSpan.Zero (SkippedTestNodeStateProperty why)
                            failed =
                                fun name why took ->
                                    ended name took (FailedTestNodeStateProperty(why.Trim()))
                            exn =
                                fun name thrown took ->
                                    ended
                                        name
                                        took
                                        (ErrorTestNodeStateProperty(thrown, thrown.Message))
                        }

                    let asked = Test.filter "/" (isAsked request.Filter) tests

                    runTestsWithCLIArgsAndCancel
                        context.CancellationToken
                        [
                            yield! options
                            Printer printer
                            JoinWith "/"
                            No_Spinner
                            Colours 0
                            Verbosity Logging.LogLevel.Fatal
                        ]
                        [||]
                        asked
                    |> ignore
                | other -> failwith $"no {other.GetType().Name} is known"

                context.Complete()
            }
            :> Task

/// Whether a test platform started this program: else it was a person, to whom Expecto speaks.
let private isAsked (words: string array) =
    words
    |> Array.exists (fun word -> word = "--server" || word.StartsWith "--internal-")

let private runForPlatform options tests (words: string array) =
    task {
        let! builder = TestApplication.CreateBuilderAsync words
        let trx = Trx()
        let framework = Framework(options, tests, trx)

        builder.RegisterTestFramework(
            (fun _ -> TestFrameworkCapabilities trx),
            (fun _ _ -> framework)
        )
        |> ignore

        builder.AddTreeNodeFilterService framework
        builder.AddTrxReportProvider()
        use! app = builder.BuildAsync()
        return! app.RunAsync()
    }
    |> _.GetAwaiter().GetResult()

/// As for a platform, it is a failure if no test was run: a filter may be misspelt.
let private runForPerson options tests words =
    let mutable isEmpty = false

    let look (summary: TestRunSummary) = isEmpty <- summary.results.IsEmpty

    let status =
        runTestsWithCLIArgs
            (JoinWith "/" :: Append_Summary_Handler(SummaryHandler look) :: options)
            words
            tests

    if isEmpty then
        eprintfn "No test was run: is there one of that name?"
        8
    else
        status

/// Runs the tests, for a test platform or for a person. Gives the exit status.
let run options words tests =
    if isAsked words then
        runForPlatform options tests words
    else
        runForPerson options tests words
