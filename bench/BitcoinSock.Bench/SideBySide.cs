using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// Every method on the same payloads, and the ratios that the library is held to.
/// </summary>
internal sealed class SideBySide(int rounds, bool quick)
{
    private const int Chunk = 64 * Payload.KiB;
    private const int LinearRounds = 3; // each is long

    private static readonly ReadMethod[] Readers =
    [
        ReadMethods.ByteByByte,
        ReadMethods.Peek512,
        ReadMethods.CallsOfSingle,
        ReadMethods.CallsOfWindow,
        ReadMethods.SocketPeek512,
        ReadOperations.Single,
        ReadOperations.Window,
        ReadOperations.Batch,
        ReadOperations.Deferred,
        ReadOperations.Managed,
        ReadOperations.Awaited,
        ReadMethods.StreamReader,
        ReadMethods.PipeReader,
        ReadMethods.Floor,
    ];

    private static readonly ReadMethod[] OfMessages =
    [
        ReadOperations.HeaderAndRest,
        ReadOperations.Window,
        ReadOperations.Batch,
        ReadOperations.Deferred,
    ];

    private readonly int _mib = quick ? Payload.MiB / 8 : Payload.MiB;

    public void Run()
    {
        Payload random = Payload.Random(64 * _mib);
        // A call a frame makes short frames slow for most: they get fewer.
        Payload[] others = [Payload.Fixed(8 * _mib, 16), Payload.Fixed(64 * _mib, Payload.MiB)];
        Series[] read = Read(AddressFamily.Unix, random);
        Series[] sent = Send(AddressFamily.Unix);
        Series[] small = Read(AddressFamily.Unix, others[0]);
        Read(AddressFamily.Unix, others[1]);
        foreach (Payload payload in others)
        {
            Read(AddressFamily.InterNetwork, payload);
        }

        Read(AddressFamily.InterNetwork, random);
        Send(AddressFamily.InterNetwork);
        Series[] messages = Read(AddressFamily.Unix, Payload.Messages(16 * _mib), OfMessages);
        new Linear(Math.Min(rounds, LinearRounds), quick).Run();
        PrintRatios(read, sent);
        PrintOverCalls("", read);
        PrintOverCalls("_16_bytes", small);
        double twice = Of(messages, ReadOperations.HeaderAndRest.Name)
            .Over(Of(messages, ReadOperations.Batch.Name));
        Console.WriteLine($"ratio header_and_rest_over_batch {twice:F1}");
    }

    private Series[] Read(AddressFamily family, Payload payload, ReadMethod[]? readers = null)
    {
        readers ??= Readers;
        Series[] all = Series.Measure(rounds, readers.Select(m => m.On(family, payload)));
        string size = Payload.Size(payload.Total.Bytes);
        Table.Print($"{Of(family)}, {size}, {payload.Name}", payload.Total, all);
        return all;
    }

    private Series[] Send(AddressFamily family)
    {
        long total = 256L * _mib;
        byte[] chunk = new byte[Chunk];
        Series[] all = Series.Measure(
            rounds,
            SendMethods.All.Select(m => m.On(family, chunk, total))
        );
        string title = $"{Of(family)}, {Payload.Size(total)} sent by {Payload.Size(Chunk)}";
        Table.Print(title, new Tally(0, total), all);
        return all;
    }

    private static void PrintRatios(Series[] read, Series[] sent)
    {
        Series peek = Of(read, ReadMethods.Peek512.Name);
        Series batch = Of(read, ReadOperations.Batch.Name);
        double window = Of(read, ReadOperations.Window.Name).Over(peek);
        double send = Of(sent, SendMethods.SendComplete.Name).Over(Of(sent, SendMethods.C.Name));
        double floor = batch.Over(Of(read, ReadMethods.Floor.Name));
        Console.WriteLine();
        Console.WriteLine($"ratio recv_window {window:F2}");
        Console.WriteLine($"ratio recv_batch {batch.Over(peek):F3}");
        Series deferred = Of(read, ReadOperations.Deferred.Name);
        double pipe = deferred.Over(Of(read, ReadMethods.PipeReader.Name));
        Console.WriteLine($"ratio recv_deferred {deferred.Over(peek):F3}");
        Console.WriteLine($"ratio deferred_over_pipereader {pipe:F2}");
        Console.WriteLine($"ratio send {send:F2}");
        Console.WriteLine($"ratio batch_over_floor {floor:F2}");
    }

    // Beside the bare calls in C, without deadlines and checks.
    private static void PrintOverCalls(string frames, Series[] read)
    {
        Series single = Of(read, ReadOperations.Single.Name);
        double peek = single.Over(Of(read, ReadMethods.Peek512.Name));
        double calls = single.Over(Of(read, ReadMethods.CallsOfSingle.Name));
        double window = Of(read, ReadOperations.Window.Name)
            .Over(Of(read, ReadMethods.CallsOfWindow.Name));
        Console.WriteLine($"ratio recv_single{frames} {peek:F2}");
        Console.WriteLine($"ratio single_over_c_calls{frames} {calls:F2}");
        Console.WriteLine($"ratio window_over_c_calls{frames} {window:F2}");
    }

    private static Series Of(Series[] all, string name) => all.Single(each => each.Name == name);

    private static string Of(AddressFamily family) =>
        family == AddressFamily.Unix ? "unix pair" : "TCP over loopback";
}
