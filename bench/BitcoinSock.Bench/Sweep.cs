using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>The data of the plots: what a growing frame, window and payload cost.</summary>
internal sealed class Sweep(int rounds, DirectoryInfo folder)
{
    // So many frames, but not more bytes than that: a call a frame makes short ones slow.
    private const int FramesMax = 1 << 18;
    private const int BytesMax = 32 * Payload.MiB;
    private const int SmallestFrame = 16;
    private const int SmallestWindow = 512;

    private static readonly ReadMethod[] Methods =
    [
        ReadMethods.Peek512,
        ReadMethods.SocketPeek512,
        ReadOperations.Single,
        ReadOperations.Window,
        ReadOperations.Batch,
        ReadMethods.StreamReader,
        ReadMethods.PipeReader,
        ReadMethods.Floor,
    ];

    public void Run()
    {
        folder.Create();
        using (var data = Create("throughput.tsv"))
        {
            FrameSizes(data);
        }

        using (var data = Create("window.tsv"))
        {
            Windows(data);
        }

        using (var data = Create("linear.tsv"))
        {
            new Linear(rounds, quick: false).Run(data);
        }
    }

    // A row for each length of frame: bytes, MiB/s of each method.
    private void FrameSizes(TextWriter data)
    {
        Write(data, "frame", Methods.Select(method => method.Name));
        for (int frame = SmallestFrame; frame <= Payload.MiB; frame *= 4)
        {
            int bytes = (int)Math.Min(BytesMax, (long)frame * FramesMax);
            Payload payload = Payload.Fixed(bytes, frame);
            double mib = (double)bytes / Payload.MiB;
            Write(data, frame, Measure(payload, Methods).Select(series => mib / series.Median));
        }
    }

    // A row for each window: bytes, seconds of a frame a call and of a batch a call.
    private void Windows(TextWriter data)
    {
        Payload payload = Payload.Random(BytesMax);
        Write(data, "window", ["recv_window", "recv_batch"]);
        for (int window = SmallestWindow; window <= Payload.MiB; window *= 2)
        {
            ReadMethod[] methods =
            [
                ReadOperations.Windowed(window),
                ReadOperations.Batched(window),
            ];
            Write(data, window, Measure(payload, methods).Select(series => series.Median));
        }
    }

    private Series[] Measure(Payload payload, ReadMethod[] methods) =>
        Series.Measure(rounds, methods.Select(m => m.On(AddressFamily.Unix, payload)));

    private StreamWriter Create(string name)
    {
        string path = Path.Combine(folder.FullName, name);
        Console.WriteLine($"writing {path}");
        return new(path);
    }

    private static void Write<T>(TextWriter data, object first, IEnumerable<T> others) =>
        data.WriteLine($"{first}\t{string.Join('\t', others)}");
}
