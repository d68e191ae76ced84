/// Sock's ownership against a model that knows which descriptors are open.
module BitcoinSock.Properties.OwnershipProperties

open System.Net.Sockets
open FsCheck
open FsCheck.FSharp
open Xunit
open BitcoinSock
open BitcoinSock.Properties.Property

type private Command =
    | Create of slot: int
    | Move of target: int * source: int
    | Release of slot: int
    | Adopt of slot: int
    | Reset of slot: int
    | Dispose of slot: int

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
            ]

    let shrink commands =
        seq { for i in 0 .. List.length commands - 1 -> List.removeAt i commands }

    Arb.fromGenShrink (Gen.choose (1, 30) |> Gen.bind (fun n -> Gen.listOfLength n command), shrink)

let private isOpen (descriptor: CSocket) =
    let look = new Sock(descriptor)
    let mutable value = 0

    let asked = look.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Type, &value)

    look.Release() |> ignore
    not asked.IsError

/// Plays commands on real sockets beside the model: what each slot holds, what was released.
let private broken commands =
    let socks = Array.init slots (fun _ -> new Sock())
    let holds: CSocket option[] = Array.create slots None
    let mutable released: CSocket list = []
    let mutable everOpen: Set<nativeint> = Set.empty
    let findings = ResizeArray<string>()

    // The same number again is a new descriptor: the model knows it by who holds it now.
    let letGo slot = holds[slot] <- None

    let play command =
        match command with
        | Create slot ->
            use fresh = Sock.Create AddressFamily.InterNetwork
            let descriptor = fresh.Get()
            everOpen <- everOpen.Add descriptor.Value
            socks[slot].AssignFrom fresh
            holds[slot] <- Some descriptor
        | Move(target, source) when target = source -> socks[target].AssignFrom socks[source]
        | Move(target, source) ->
            socks[target].AssignFrom socks[source]
            holds[target] <- holds[source]
            letGo source
        | Release slot ->
            let descriptor = socks[slot].Release()

            if (holds[slot] |> Option.defaultValue CSocket.Invalid) <> descriptor then
                findings.Add $"28 OneClose: released {descriptor}"

            if not descriptor.IsInvalid then
                released <- descriptor :: released

            letGo slot
        | Adopt slot ->
            match released with
            | [] -> ()
            | descriptor :: rest ->
                use owner = new Sock(descriptor)
                socks[slot].AssignFrom owner
                holds[slot] <- Some descriptor
                released <- rest
        | Reset slot ->
            socks[slot].Reset()
            letGo slot
        | Dispose slot ->
            socks[slot].Dispose()
            letGo slot

    let check command =
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

    for command in commands do
        if findings.Count = 0 then
            play command
            check command

    for sock in socks do
        sock.Dispose()

    for descriptor in released do
        (new Sock(descriptor)).Dispose()

    List.ofSeq findings

[<Fact>]
let ``a descriptor is open as long as somebody owns it, and closed once`` () =
    holds 300 arb broken (List.map string >> String.concat "\n")
