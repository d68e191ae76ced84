/// Sock's ownership against a model that knows who owns what, and when it is closed.
module BitcoinSock.Properties.OwnershipProperties

open System
open System.Collections.Concurrent
open System.Diagnostics.Tracing
open System.Net.Sockets
open FsCheck
open FsCheck.FSharp
open Expecto
open BitcoinSock
open BitcoinSock.Properties.Property

type private Command =
    | Create of slot: int
    | Move of target: int * source: int
    | Release of slot: int
    | Adopt of slot: int
    | Reset of slot: int
    | Dispose of slot: int
    | DisposeTwice of slot: int
    | Use of slot: int

let private slots = 3

let private arb =
    let slot = Gen.choose (0, slots - 1)

    let command =
        Gen.oneof
            [
                Gen.map Create slot
                Gen.map2 (fun target source -> Move(target, source)) slot slot
                Gen.map Release slot
                Gen.map Adopt slot
                Gen.map Reset slot
                Gen.map Dispose slot
                Gen.map DisposeTwice slot
                Gen.map Use slot
            ]

    commands 30 command

// Not a field of the listener: its base class listens before the fields are there.
let private closed = ConcurrentQueue<CSocket>()

/// Keeps the number of each descriptor that the library closes, as often as it does.
type private CountingCloser() =
    inherit EventListener()

    override counting.OnEventSourceCreated source =
        if source.Name = "BitcoinSock" then
            counting.EnableEvents(source, EventLevel.Verbose)

    override _.OnEventWritten written =
        match written.EventName, List.ofSeq (nonNull written.Payload) with
        | "Closed", [ :? int64 as descriptor ] -> closed.Enqueue(CSocket(nativeint descriptor))
        | _ -> ()

// Counts from the first use on; what earlier tests forgot is closed before.
let private counter =
    lazy
        (GC.Collect()
         GC.WaitForPendingFinalizers()
         new CountingCloser())

let private isOpen (descriptor: CSocket) =
    let look = new Sock(descriptor)
    let mutable value = 0

    let asked = look.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Type, &value)

    look.Release() |> ignore
    not asked.IsError

/// The calls that say that the handle is bad.
let private saysBadHandle (sock: Sock) =
    let mutable occurred = SockEvents.None
    let mutable value = 0

    [
        "recv", sock.Recv(Span(Array.zeroCreate 1), SockFlags.DontWait)
        "send", sock.Send(ReadOnlySpan [| 1uy |], SockFlags.DontWait ||| SockFlags.NoSignal)
        "wait", sock.Wait(TimeSpan.Zero, SockEvents.Recv, &occurred)
        "getsockopt", sock.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Type, &value)
    ]
    |> List.filter (fun (_, result) ->
        result.Error = if OperatingSystem.IsWindows() then 10038 else 9)
    |> List.map fst

/// Plays commands on real sockets beside the model: what each slot holds, what was released.
let private broken (dispose: Sock -> unit) commands =
    counter.Force() |> ignore
    let socks = Array.init slots (fun _ -> new Sock())
    let holds: CSocket option[] = Array.create slots None
    let mutable released: CSocket list = []
    let mutable everOpen: Set<nativeint> = Set.empty
    let findings = ResizeArray<string>()

    // The same number again is a new descriptor: the model knows it by who holds it now.
    let put slot descriptor =
        let old = holds[slot]
        holds[slot] <- descriptor
        Option.toList old

    /// Plays it, and gives what it must close.
    let play command =
        match command with
        | Create slot ->
            use fresh = Sock.Create AddressFamily.InterNetwork
            let descriptor = fresh.Get()
            everOpen <- everOpen.Add descriptor.Value
            socks[slot].AssignFrom fresh
            put slot (Some descriptor)
        | Move(target, source) when target = source ->
            socks[target].AssignFrom socks[source]
            []
        | Move(target, source) ->
            socks[target].AssignFrom socks[source]
            let moved = put source None
            put target (List.tryHead moved)
        | Release slot ->
            let descriptor = socks[slot].Release()
            let held = put slot None

            if (held |> List.tryHead |> Option.defaultValue CSocket.Invalid) <> descriptor then
                findings.Add $"28 OneClose: released {descriptor}"

            released <- held @ released
            []
        | Adopt slot ->
            match released with
            | [] -> []
            | descriptor :: rest ->
                use owner = new Sock(descriptor)
                socks[slot].AssignFrom owner
                released <- rest
                put slot (Some descriptor)
        | Reset slot ->
            socks[slot].Reset()
            put slot None
        | Dispose slot ->
            dispose socks[slot]
            put slot None
        | DisposeTwice slot ->
            dispose socks[slot]
            dispose socks[slot]
            put slot None
        | Use slot ->
            let said = saysBadHandle socks[slot] |> String.concat ", "

            if
                said
                <> (if holds[slot].IsNone then
                        "recv, send, wait, getsockopt"
                    else
                        "")
            then
                findings.Add $"21 BadHandle: said by [{said}], and slot {slot} holds {holds[slot]}"

            []

    let checkCloses command expected =
        let tell (descriptors: CSocket seq) =
            descriptors |> Seq.map (_.Value >> string) |> Seq.sort |> String.concat ", "

        let counted, wanted = tell closed, tell expected
        closed.Clear()

        if counted <> wanted then
            findings.Add $"28 OneClose: {command} closes [{counted}], not [{wanted}]"

    let checkOwners command =
        for slot in 0 .. slots - 1 do
            let expected = holds[slot] |> Option.defaultValue CSocket.Invalid

            if socks[slot].Get() <> expected || socks[slot].IsEmpty <> expected.IsInvalid then
                findings.Add $"28 OneClose: after {command} slot {slot} holds {socks[slot].Get()}"

        let owned =
            Seq.append (Seq.choose id holds) released |> Seq.map _.Value |> Set.ofSeq

        for number in everOpen do
            if isOpen (CSocket number) <> owned.Contains number then
                findings.Add
                    $"28 OneClose: after {command} descriptor {number} is wrongly open or closed"

    closed.Clear()

    for command in commands do
        if findings.Count = 0 then
            play command |> checkCloses (string command)
            checkOwners command

    for sock in socks do
        sock.Dispose()

    for descriptor in released do
        (new Sock(descriptor)).Dispose()

    if findings.Count = 0 then
        Seq.append (Seq.choose id holds) released |> checkCloses "the end"

    List.ofSeq findings

/// Disposes, and closes the number again. By then it may be somebody else's: of a socket that
/// is made to get it, so that nobody but that one is hit. Says whether it was.
let private closeTwice (sock: Sock) =
    let descriptor = sock.Get()
    sock.Dispose()

    if descriptor.IsInvalid then
        false
    else
        use other = Sock.Create AddressFamily.InterNetwork

        if other.Get() <> descriptor then
            false
        else
            (new Sock(descriptor)).Dispose()
            not (isOpen (other.Release()))

let private closesOnce =
    holds
        "a descriptor is open as long as somebody owns it, and closed once"
        300
        arb
        (broken _.Dispose())
        tellCommands

let private closingTwiceIsCaught =
    testCase "a sock that closes twice is caught, and would close what is somebody else's"
    <| fun () ->
        let hits = ref 0

        let dispose sock =
            if closeTwice sock then
                hits.Value <- hits.Value + 1

        let broken28 = broken dispose >> List.filter _.StartsWith("28 ")

        match smallest fixedSeed 300 arb broken28 with
        | None -> failtest "law 28 does not catch it"
        | Some commands ->
            print (String.Join("\n", broken28 commands @ [ tellCommands commands ]))
            Expect.isGreaterThan hits.Value 0 "somebody else's descriptor was closed"

let tests = testList "ownership" [ closesOnce; closingTwiceIsCaught ]
