namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading
open System.Threading.Tasks
open BitcoinSock

/// What was sent, and then an orderly close.
[<RequireQualifiedAccess>]
module internal Closing =

    let private patience = TimeSpan.FromSeconds 5.0

    /// More than a channel takes that fills up.
    let private much = lazy (FullChannel.stream 0 8_000_000)

    /// How much is sent: as much as is taken in a moment; or a little, all of it.
    let private amounts = [ 8_000_000, TimeSpan.FromMilliseconds 20.0; 300, patience ]

    type private Case =
        {
            Form: Form
            Amount: int
            Within: TimeSpan
            /// A receive that is under way when it is closed, in this form.
            Receive: Form option
        }

    let private tell case =
        let amount =
            if case.Within = patience then
                $"{case.Amount} bytes"
            else
                "as much as is taken"

        let receive =
            match case.Receive with
            | Some Form.Blocking -> ", under a receive that is blocked"
            | Some Form.Awaited -> ", under a receive that is awaited"
            | None -> ""

        case.Form.Title $"send {amount}, dispose{receive}, and let the peer read all"

    // The end; or not, for as long as one waits.
    let private readsEnd (peer: IPeer) =
        let start = Stopwatch.GetTimestamp()

        let rec look () =
            match peer.Read(Span(Array.zeroCreate 1)) with
            | -1 when Stopwatch.GetElapsedTime start < patience ->
                Peer.lookAgain start
                look ()
            | count -> count = 0

        look ()

    let private apart (work: unit -> 'result) =
        Task.Factory.StartNew(work, TaskCreationOptions.LongRunning)

    let private broken (pair: BackendPair) case =
        let data = Array.truncate case.Amount much.Value
        let send = Operation.SendComplete data

        // It ends by the disposal, or by its time.
        let receive =
            case.Receive
            |> Option.map (fun form ->
                apart (fun () ->
                    Loops.recvOne form pair.Sock patience CancellationToken.None |> ignore))

        if case.Receive.IsSome then
            Thread.Sleep 5 // into it; one that comes later finds the handle closed

        let sent, _ =
            Loops.ofForm case.Form pair.Sock send case.Within CancellationToken.None

        // A disposal may wait for bytes that are on their way, and these for the peer to read.
        let disposal = apart (fun () -> unbox<IDisposable>(box pair.Sock).Dispose())
        disposal.Wait 50 |> ignore
        let drained = FullChannel.drain pair.Peer 0 sent.Count
        let hasEnded = drained = Ok sent.Count && readsEnd pair.Peer
        let law = "42 CloseDelivers"

        [
            match drained with
            | Error wrong -> $"{law}: {sent.Count} bytes were counted as sent, and {wrong}"
            | Ok count when count <> sent.Count ->
                $"{law}: {sent.Count} bytes were counted as sent, the peer reads {count}"
            | Ok _ when not hasEnded -> $"{law}: all is read, and the end does not come"
            | Ok _ when not (disposal.Wait patience) -> $"{law}: all is read, Dispose is not over"
            | Ok _ -> ()

            receive |> Option.iter (Loops.inTime >> ignore)
        ]

    let delivers: Look =
        fun backend ->
            let cases =
                [
                    // What is lost most easily comes first.
                    for amount, within in amounts do
                        for form in List.rev (Playing.formsOf backend) do
                            for receive in [ Some form; None ] do
                                {
                                    Form = form
                                    Amount = amount
                                    Within = within
                                    Receive = receive
                                }
                ]

            Playing.fixedCases cases tell broken backend
