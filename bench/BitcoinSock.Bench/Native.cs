using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace BitcoinSock.Bench;

/// <summary>How many frames were read, and how many bytes, terminators included.</summary>
internal record struct Tally(long Frames, long Bytes);

/// <summary>
/// The functions of <c>bench/native</c>, compiled at run time. Called by pointer, once for a whole
/// payload, so that crossing over to C costs them nothing.
/// </summary>
internal static unsafe class Native
{
    private static delegate* unmanaged<int, byte*, long, long, int> _feed;
    private static delegate* unmanaged<int, long, int> _drain;
    private static delegate* unmanaged<int, byte, long, Tally*, int> _peek512;
    private static delegate* unmanaged<int, byte, long, long, int, Tally*, int> _exactCalls;
    private static delegate* unmanaged<int, byte, long, Tally*, int> _overRead;
    private static delegate* unmanaged<int, byte*, long, long, int> _sendComplete;

    /// <summary>Compiles and loads them; before anything else.</summary>
    /// <exception cref="InvalidOperationException">There is no compiler.</exception>
    public static void Load()
    {
        nint library = Compile();
        _feed = (delegate* unmanaged<int, byte*, long, long, int>)Export("feed");
        _drain = (delegate* unmanaged<int, long, int>)Export("drain");
        _peek512 = (delegate* unmanaged<int, byte, long, Tally*, int>)Export("peek_512");
        _exactCalls = (delegate* unmanaged<int, byte, long, long, int, Tally*, int>)Export(
            "exact_calls"
        );
        _overRead = (delegate* unmanaged<int, byte, long, Tally*, int>)Export("over_read");
        _sendComplete = (delegate* unmanaged<int, byte*, long, long, int>)Export("send_complete");

        nint Export(string name) => NativeLibrary.GetExport(library, name);
    }

    /// <summary>Sends the bytes so many times, by a blocking loop in C.</summary>
    public static void Feed(Sock sock, ReadOnlySpan<byte> bytes, long times)
    {
        fixed (byte* data = bytes)
        {
            Check("feed", _feed(Descriptor(sock), data, bytes.Length, times));
        }
    }

    /// <summary>Takes so many bytes out, by a blocking loop in C.</summary>
    public static void Drain(Sock sock, long total) =>
        Check("drain", _drain(Descriptor(sock), total));

    public static Tally Peek512(Sock sock, byte terminator, long total)
    {
        Tally tally;
        Check("peek_512", _peek512(Descriptor(sock), terminator, total, &tally));
        return tally;
    }

    public static Tally ExactCalls(Sock sock, byte terminator, long total, int window, bool keeps)
    {
        Tally tally;
        int keepsWindow = keeps ? 1 : 0;
        int fd = Descriptor(sock);
        Check("exact_calls", _exactCalls(fd, terminator, total, window, keepsWindow, &tally));
        return tally;
    }

    public static Tally OverRead(Sock sock, byte terminator, long total)
    {
        Tally tally;
        Check("over_read", _overRead(Descriptor(sock), terminator, total, &tally));
        return tally;
    }

    public static void SendComplete(Sock sock, ReadOnlySpan<byte> chunk, long total)
    {
        fixed (byte* data = chunk)
        {
            Check("send_complete", _sendComplete(Descriptor(sock), data, chunk.Length, total));
        }
    }

    private static int Descriptor(Sock sock) => (int)sock.Get().Value;

    private static void Check(string function, int error)
    {
        if (error != 0)
        {
            string text = NetworkError.NetworkErrorString(error);
            throw new InvalidOperationException($"{function} of bench/native: {text}");
        }
    }

    private static nint Compile()
    {
        string sources = Path.Combine(AppContext.BaseDirectory, "native");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("bitcoinsock-bench-");
        try
        {
            string library = Path.Combine(folder.FullName, "bench.so");
            string[] options = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library];
            Cc([.. options, .. Directory.GetFiles(sources, "*.c")]);
            return NativeLibrary.Load(library);
        }
        finally
        {
            // Once loaded it needs no file.
            folder.Delete(recursive: true);
        }
    }

    private static void Cc(string[] arguments)
    {
        try
        {
            using Process cc = Process.Start("cc", arguments);
            cc.WaitForExit();
            if (cc.ExitCode != 0)
            {
                throw new InvalidOperationException("cc could not compile bench/native.");
            }
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException("cc is missing: apt-get install gcc");
        }
    }
}
