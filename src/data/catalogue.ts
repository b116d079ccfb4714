/** One IDX file of a known set. */
export interface CatalogueFile {
  readonly file: string
  readonly dimensions: readonly number[]
  /** Of the raw IDX bytes, header included. */
  readonly sha256: string
}

/** A known set: where its files are kept below the cache folder, and what they must be. */
export interface CatalogueEntry {
  readonly title: string
  readonly folder: string
  readonly classes: number
  readonly train: { readonly images: CatalogueFile; readonly labels: CatalogueFile }
  readonly test: { readonly images: CatalogueFile; readonly labels: CatalogueFile }
}

/** MNIST's four files and the checksums of the originals by LeCun, Cortes and Burges. */
export const MNIST: CatalogueEntry = ofShape('MNIST', 'mnist', [
  'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
])

/** Fashion-MNIST's four files (Xiao, Rasul and Vollgraf, arXiv:1708.07747), from Debian's copy of the originals. */
export const FASHION_MNIST: CatalogueEntry = ofShape('Fashion-MNIST', 'fashion-mnist', [
  'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
])

/** The files of a set, in the order in which they are loaded. */
export function filesOf({ train, test }: CatalogueEntry): readonly CatalogueFile[] {
  return [train.images, train.labels, test.images, test.labels]
}

/** A set of MNIST's shape; the checksums in {@link filesOf}'s order. */
function ofShape(title: string, folder: string, sums: readonly [string, string, string, string]): CatalogueEntry {
  const [trainImages, trainLabels, testImages, testLabels] = sums
  const images = (prefix: string, count: number, sha256: string): CatalogueFile => ({
    file: `${prefix}-images-idx3-ubyte`,
    dimensions: [count, 28, 28],
    sha256,
  })
  const labels = (prefix: string, count: number, sha256: string): CatalogueFile => ({
    file: `${prefix}-labels-idx1-ubyte`,
    dimensions: [count],
    sha256,
  })
  return {
    title,
    folder,
    classes: 10,
    train: { images: images('train', 60_000, trainImages), labels: labels('train', 60_000, trainLabels) },
    test: { images: images('t10k', 10_000, testImages), labels: labels('t10k', 10_000, testLabels) },
  }
}
